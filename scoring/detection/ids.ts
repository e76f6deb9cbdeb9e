import { z } from 'zod';

/** Whatever names an image or a class in a data set. */
export const IdSchema = z.union([z.number(), z.string()]);
export type Id = z.infer<typeof IdSchema>;

/**
 * The place of each distinct id in ascending order: numbers before texts, texts by code unit. Order
 * matters where detections of different images have equal scores.
 */
export function indexIds(...lists: readonly (readonly Id[])[]): ReadonlyMap<Id, number> {
  const distinct = [...new Set(lists.flat())].toSorted((left, right) => {
    if (typeof left !== typeof right) return typeof left === 'number' ? -1 : 1;
    return left < right ? -1 : 1;
  });
  return new Map(distinct.map((id, index) => [id, index]));
}

/** The places of ids that `indexIds` was given. */
export function placesOf(ids: readonly Id[], index: ReadonlyMap<Id, number>): Int32Array {
  return Int32Array.from(ids, (id) => index.get(id) ?? -1);
}
