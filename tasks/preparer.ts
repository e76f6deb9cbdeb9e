/** The contract between preparation and the preparers it knows. Types only. */
export type PrepareProgress = (done: number, total: number) => void;

/** The `prepare` key of a task.yaml: which preparer, its seed, and rows per split. */
export interface PrepareSpec {
  readonly with: string;
  readonly seed: number;
  readonly sizes: Readonly<Record<string, number>>;
}

export interface PreparedFile {
  /** Relative to the task folder, with forward slashes. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Makes the data files of a task: the same bytes for the same seed and sizes on every machine. */
export type Preparer = (options: {
  readonly seed: number;
  readonly sizes: Readonly<Record<string, number>>;
  readonly onProgress?: PrepareProgress | undefined;
}) => Promise<readonly PreparedFile[]>;
