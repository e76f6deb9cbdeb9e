import { randomBytes } from 'node:crypto';

let lastMs = 0;
let counter = 0;

/** UUID version 7 (RFC 9562, method 1): time-ordered, and strictly increasing within one process. */
export function newId(nowMs = Date.now()): string {
  const bytes = randomBytes(16);
  if (nowMs > lastMs) {
    lastMs = nowMs;
    // Half of the counter's range is left to count up in.
    counter = bytes.readUInt16BE(6) & 0x07ff;
  } else if (++counter > 0x0fff) {
    lastMs += 1;
    counter = 0;
  }
  bytes.writeUIntBE(lastMs, 0, 6);
  bytes.writeUInt16BE(0x7000 | counter, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}

/** An id that sorts after `id`, also when that was made before the clock was set back. */
export function newIdAfter(id: string): string {
  const next = newId();
  if (next > id) return next;
  return newId(parseInt(id.replace('-', '').slice(0, 12), 16) + 1);
}
