/**
 * Results by item, kept compactly: what intervals, tie groups and comparisons are computed from. They tell
 * which rows of a hidden split a submission got right, so services use them and no route reads them out.
 */
import { createHash } from 'node:crypto';
import { deflateSync, inflateSync } from 'node:zlib';

import type { ItemStatistics } from '../../scoring/metric.ts';
import type { Db } from '../db/connect.ts';
import { listItemResults, type ItemResultsRow } from '../models/item-results.ts';

export type EncodedItems = Pick<ItemResultsRow, 'items' | 'width' | 'encoding' | 'data'>;

/**
 * Deflated: `bits` where every value is 0 or 1 (lowest bit first), `float32` where that loses nothing,
 * else `float64`. Little-endian, as every machine that we run on.
 */
export function encodeItems({ items, width, values }: ItemStatistics): EncodedItems {
  if (values.length !== items * width) {
    throw new RangeError(`${values.length} values for ${items} items of ${width}`);
  }
  const encoding = values.every(isBit)
    ? 'bits'
    : values.every((value) => Object.is(Math.fround(value), value))
      ? 'float32'
      : 'float64';
  return { items, width, encoding, data: deflateSync(toBytes(values, encoding)) };
}

/** @throws RangeError where the data is not of the size that the row says. */
export function decodeItems(row: EncodedItems): ItemStatistics {
  const { items, width, encoding } = row;
  return { items, width, values: toValues(inflate(row), encoding, items * width) };
}

function inflate({ items, width, encoding, data }: EncodedItems): Buffer {
  const count = items * width;
  const size =
    encoding === 'bits' ? Math.ceil(count / 8) : count * (encoding === 'float32' ? 4 : 8);
  // Not more than was asked for, whatever the blob says.
  const bytes = inflateSync(data, { maxOutputLength: Math.max(1, size) });
  if (bytes.length !== size) {
    throw new RangeError(`${bytes.length} bytes for ${items} items of ${width} as ${encoding}`);
  }
  return bytes;
}

function isBit(value: number): boolean {
  return value === 0 || value === 1;
}

function toBytes(values: Float64Array, encoding: string): Uint8Array {
  if (encoding === 'bits') {
    const bytes = new Uint8Array(Math.ceil(values.length / 8));
    for (const [at, value] of values.entries()) {
      if (value === 1) bytes[at >>> 3] = (bytes[at >>> 3] ?? 0) | (1 << (at & 7));
    }
    return bytes;
  }
  const array = encoding === 'float32' ? Float32Array.from(values) : values;
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function toValues(bytes: Buffer, encoding: string, count: number): Float64Array {
  if (encoding === 'bits') {
    const values = new Float64Array(count);
    for (let at = 0; at < count; at++) values[at] = ((bytes[at >>> 3] ?? 0) >>> (at & 7)) & 1;
    return values;
  }
  // A copy, since a buffer need not begin where an array of floats may.
  const { buffer } = Uint8Array.from(bytes);
  return encoding === 'float32'
    ? Float64Array.from(new Float32Array(buffer))
    : new Float64Array(buffer);
}

/** Of one metric on one split, by evaluation; those that have none are missing. */
export async function readItems(
  db: Db,
  of: { evaluation_ids: readonly string[]; split: string; metric: string },
): Promise<ReadonlyMap<string, ItemStatistics>> {
  const rows = await listItemResults(db, of);
  return new Map(rows.map((row) => [row.evaluation_id, decodeItems(row)]));
}

/** Results of items that are right or wrong: item i is bit i, counted from the lowest bit of the first word. */
export interface ItemBits {
  readonly items: number;
  readonly words: Uint32Array;
}

/** As `readItems`, without a number for each item; other results are missing. */
export async function readItemBits(
  db: Db,
  of: { evaluation_ids: readonly string[]; split: string; metric: string },
): Promise<ReadonlyMap<string, ItemBits>> {
  const bits = new Map<string, ItemBits>();
  for (const row of await listItemResults(db, of)) {
    if (row.encoding !== 'bits' || row.width !== 1) continue;
    const words = new Uint32Array(Math.ceil(row.items / 32));
    new Uint8Array(words.buffer).set(inflate(row));
    bits.set(row.evaluation_id, { items: row.items, words });
  }
  return bits;
}

/** Seed in [0, 2^32) of everything that is drawn at random for an evaluation, or for a pair of them. */
export function seedOf(...evaluationIds: readonly string[]): number {
  return createHash('sha256').update(evaluationIds.join(' ')).digest().readUInt32LE(0);
}
