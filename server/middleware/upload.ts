/** Files of a form, carried straight into the storage: nothing is opened, nothing touches another disk. */
import { pipeline } from 'node:stream/promises';
import { Transform } from 'node:stream';

import type { Request, Response } from 'express';
import multer from 'multer';

import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import type { SubmittedFile } from '../services/submissions.ts';

export interface Upload {
  readonly files: readonly SubmittedFile[];
  readonly fields: Readonly<Record<string, string>>;
}

interface UploadOptions {
  /** All files together. */
  readonly maxBytes: number;
  /** Called with the fields read so far, before the first file is stored. Throwing refuses the upload. */
  readonly beforeFiles?: (() => void) | undefined;
}

const MIB = 1024 * 1024;
const MOST_FIELDS = 16;
const LONGEST_FIELD = 4096;

/**
 * Reads a multipart body: files under `files`, text fields under their names.
 *
 * @throws AppError BAD_REQUEST when it is no such body, UPLOAD_TOO_LARGE, TOO_MANY_FILES, UPLOAD_INCOMPLETE; nothing
 *   stays in the storage then.
 */
export async function receiveUpload(
  deps: Deps,
  req: Request,
  res: Response,
  options: UploadOptions,
): Promise<Upload> {
  if (req.is('multipart/form-data') === false) {
    throw new AppError('BAD_REQUEST', { detail: 'the body is not multipart/form-data' });
  }
  const receive = multer({
    storage: new StorageEngine(deps, options.maxBytes),
    defParamCharset: 'utf8',
    limits: {
      fields: MOST_FIELDS,
      fieldSize: LONGEST_FIELD,
      files: deps.config.UPLOAD_MAX_FILES,
      headerPairs: 32,
    },
    fileFilter(_req, _file, done) {
      try {
        options.beforeFiles?.();
        done(null, true);
      } catch (error) {
        done(error as Error);
      }
    },
  }).array('files');
  await new Promise<void>((resolve, reject) => {
    void receive(req, res, (error: unknown) => {
      if (error === undefined || error === null) resolve();
      else reject(toAppError(deps, error));
    });
  });
  const files = (req.files ?? []) as unknown as StoredPart[];
  return {
    files: files.map(({ originalname, storage_key, bytes, sha256 }) => ({
      name: originalname,
      storage_key,
      bytes,
      sha256,
    })),
    fields: Object.fromEntries(
      Object.entries((req.body ?? {}) as Record<string, unknown>).flatMap(([name, value]) =>
        typeof value === 'string' ? [[name, value]] : [],
      ),
    ),
  };
}

interface StoredPart {
  readonly originalname: string;
  readonly storage_key: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** One per request: it counts the bytes of all its files. */
class StorageEngine implements multer.StorageEngine {
  readonly #deps: Deps;
  readonly #maxBytes: number;
  #received = 0;

  constructor(deps: Deps, maxBytes: number) {
    this.#deps = deps;
    this.#maxBytes = maxBytes;
  }

  _handleFile(
    _req: Request,
    file: Express.Multer.File,
    done: (error?: unknown, info?: Partial<Express.Multer.File>) => void,
  ): void {
    const meter = new Transform({
      transform: (chunk: Buffer, _encoding, next) => {
        this.#received += chunk.length;
        if (this.#received <= this.#maxBytes) next(null, chunk);
        else next(tooLarge(this.#maxBytes));
      },
    });
    const stored = this.#deps.storage.put(meter, { maxBytes: this.#maxBytes });
    // Whatever breaks the source breaks the meter, and with it the storage, which then cleans up.
    const carried = pipeline(file.stream, meter);
    Promise.all([stored, carried]).then(
      ([info]) => done(null, info as Partial<Express.Multer.File>),
      (error: unknown) => done(error),
    );
  }

  _removeFile(
    _req: Request,
    file: Express.Multer.File & Partial<StoredPart>,
    done: (error: Error | null) => void,
  ): void {
    const { storage_key } = file;
    if (storage_key === undefined) {
      done(null);
      return;
    }
    this.#deps.storage.remove(storage_key).then(
      () => done(null),
      (error: unknown) => done(error as Error),
    );
  }
}

function tooLarge(maxBytes: number): AppError {
  return new AppError('UPLOAD_TOO_LARGE', { params: { limit_mb: Math.floor(maxBytes / MIB) } });
}

function toAppError(deps: Deps, error: unknown): Error {
  if (error instanceof AppError) return error;
  if (error instanceof multer.MulterError) {
    if (error.code === 'LIMIT_FILE_COUNT') {
      const limit = deps.config.UPLOAD_MAX_FILES;
      return new AppError('TOO_MANY_FILES', { params: { limit }, cause: error });
    }
    return new AppError('BAD_REQUEST', { detail: error.code, cause: error });
  }
  // Busboy's own errors are plain ones: a boundary that never comes, headers that cannot be read, a client that left.
  if (error instanceof Error && !('syscall' in error)) {
    return new AppError('UPLOAD_INCOMPLETE', { detail: error.message, cause: error });
  }
  return error instanceof Error ? error : new Error(String(error));
}
