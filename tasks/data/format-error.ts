/** A data file that cannot be read as what it claims to be. The message is about the file alone: no values. */
export class DataFormatError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'DataFormatError';
  }
}
