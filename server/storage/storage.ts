import type { Readable } from 'node:stream';

export interface StoredFile {
  /** Unguessable name within the storage. */
  readonly storage_key: string;
  readonly bytes: number;
  /** Hex SHA-256 of the content. */
  readonly sha256: string;
}

/**
 * Where submitted files are kept. Content is never opened here, only carried. A file that no table names is
 * removed after a while: see services/storage.ts.
 */
export interface Storage {
  /**
   * Streams to the end or leaves nothing behind.
   * @throws AppError UPLOAD_TOO_LARGE when more than `maxBytes` come, STORAGE_FULL; whatever the stream itself
   *   failed with.
   */
  put(source: Readable, options: { maxBytes: number }): Promise<StoredFile>;
  /** @throws AppError NOT_FOUND */
  open(storageKey: string): Promise<Readable>;
  /** The whole file. @throws AppError NOT_FOUND */
  read(storageKey: string): Promise<Uint8Array>;
  /** No error when it is gone already. */
  remove(storageKey: string): Promise<void>;
  /** Keys of the files that were stored before `olderThanMs` (Unix ms), in no order. */
  listOlder(olderThanMs: number): AsyncIterable<string>;
  /** Uploads that a crash cut off: last written before `olderThanMs` (Unix ms). @returns how many went. */
  removeStaleUploads(olderThanMs: number): Promise<number>;
}
