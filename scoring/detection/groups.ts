/** Row numbers gathered by key: those of key k are `rows[starts[k]]` to `rows[starts[k + 1] - 1]`. */
export interface Groups {
  readonly starts: Int32Array;
  readonly rows: Int32Array;
}

/**
 * Gathers rows by key, keeping their order within each key.
 *
 * @param keys one key for each row number, in [0, count).
 * @param rows the row numbers to gather, in order; all when left out.
 */
export function groupRows(keys: Int32Array, count: number, rows?: Int32Array): Groups {
  const size = rows?.length ?? keys.length;
  const starts = new Int32Array(count + 1);
  for (let i = 0; i < size; i++) {
    const key = keys[rows?.[i] ?? i] ?? 0;
    starts[key + 1] = (starts[key + 1] ?? 0) + 1;
  }
  for (let key = 0; key < count; key++) {
    starts[key + 1] = (starts[key + 1] ?? 0) + (starts[key] ?? 0);
  }
  const next = starts.slice();
  const gathered = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    const row = rows?.[i] ?? i;
    const key = keys[row] ?? 0;
    const place = next[key] ?? 0;
    gathered[place] = row;
    next[key] = place + 1;
  }
  return { starts, rows: gathered };
}
