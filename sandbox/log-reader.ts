import type { Readable } from 'node:stream';
import { sanitizeText } from './failure.ts';
import type { RunLog } from './request.ts';

/** Kept of stdout and stderr together. */
const KEPT_BYTES = 64 * 1024;

/** Reads streams to their end, keeps the first bytes of them and counts the rest. */
export class LogReader {
  readonly #kept: Buffer[] = [];
  #keptBytes = 0;
  #bytes = 0;
  readonly #maxBytes: number;
  readonly #onFlood: () => void;

  /** @param maxBytes more than this calls `onFlood`, once; reading goes on until the stream ends. */
  constructor(maxBytes: number, onFlood: () => void) {
    this.#maxBytes = maxBytes;
    this.#onFlood = onFlood;
  }

  read(stream: Readable): void {
    stream.on('data', (chunk: Buffer) => {
      const before = this.#bytes;
      this.#bytes += chunk.byteLength;
      const room = KEPT_BYTES - this.#keptBytes;
      if (room > 0) {
        // A copy: a slice would keep the stream's whole buffer alive.
        const kept = Buffer.from(chunk.subarray(0, room));
        this.#kept.push(kept);
        this.#keptBytes += kept.byteLength;
      }
      if (before <= this.#maxBytes && this.#bytes > this.#maxBytes) this.#onFlood();
    });
  }

  /** The text as written, for our own eyes. */
  raw(): string {
    return Buffer.concat(this.#kept).toString('utf8');
  }

  log(): RunLog {
    const text = this.raw()
      .split('\n')
      .map((line) => sanitizeText(withoutFolders(line), 2000))
      .join('\n');
    return { text, truncated: this.#bytes > this.#keptBytes };
  }
}

/** Folders tell about the machine; the name of a file is what a trace is read for. */
function withoutFolders(line: string): string {
  return line.replace(/(?:file:\/\/)?(?:\/[\w.@+~-]+)+\/([\w.@+~-]+)/gu, '…/$1');
}
