/**
 * A predictions file against the rows of a task: exactly one prediction for every row, ids compared as
 * exact texts. Ids go through a Map and never a plain object, whose own keys an id could name.
 */
import { EvaluationFailure } from '../sandbox/failure.ts';
import type { PredictionsTable } from '../sandbox/model.ts';
import type { ClassPredictions } from '../scoring/metric.ts';
import type { SplitInputs } from './task.ts';

/** The header is line 1, so the first prediction is row 2, as editors and spreadsheets count. */
const FIRST_ROW = 2;

interface Place {
  readonly split: number;
  readonly row: number;
}

/**
 * @param inputs the splits of one evaluation; the file must hold the rows of all of them and no others.
 * @returns predictions per split, in the order of `inputs`.
 * @throws EvaluationFailure `csv-columns`, `csv-label`, `csv-id-*`, or `output-protocol` when the table
 *   contradicts itself.
 */
export function matchPredictions(
  table: PredictionsTable,
  inputs: readonly SplitInputs[],
  classes: readonly string[],
): ClassPredictions[] {
  const places = matchIds(table.ids, inputs);
  return table.labels === null
    ? takeScores(table, places, inputs, classes)
    : takeLabels(table, table.labels, places, inputs, classes);
}

/** Where each row of the file belongs. */
function matchIds(ids: readonly string[], inputs: readonly SplitInputs[]): Place[] {
  const expected = new Map<string, Place>();
  for (const [split, { ids: ofSplit }] of inputs.entries()) {
    for (const [row, id] of ofSplit.entries()) expected.set(id, { split, row });
  }
  const seen = new Set<string>();
  const places = ids.map((id, index) => {
    const place = expected.get(id);
    const row = index + FIRST_ROW;
    if (place === undefined) throw unknownId(id, row, expected);
    if (seen.has(id)) throw new EvaluationFailure('csv-id-duplicate', { row, id });
    seen.add(id);
    return place;
  });
  if (seen.size < expected.size) {
    const missing = expected.keys().find((id) => !seen.has(id)) ?? '';
    throw new EvaluationFailure('csv-id-missing', {
      count: expected.size - seen.size,
      id: missing,
    });
  }
  return places;
}

/** An id that some program rewrote (`3` as `03`, `3.0`, ` 3`) is told apart from one of another task. */
function unknownId(
  id: string,
  row: number,
  expected: ReadonlyMap<string, Place>,
): EvaluationFailure {
  const spelling = bareSpelling(id);
  const meant = expected.keys().find((candidate) => bareSpelling(candidate) === spelling);
  return meant === undefined
    ? new EvaluationFailure('csv-id-unknown', { row, id })
    : new EvaluationFailure('csv-id-format', { row, id, expected: meant });
}

/** What stays of an id when case, outer spaces and quotes, zero padding and `.0` are taken off. */
function bareSpelling(id: string): string {
  return id
    .normalize('NFKC')
    .replace(/^[\s'"]+|[\s'"]+$/gu, '')
    .toLowerCase()
    .replace(/\.0+$/u, '')
    .replace(/\d+/gu, (digits) => digits.replace(/^0+(?=\d)/u, ''));
}

function takeLabels(
  table: PredictionsTable,
  labels: readonly string[],
  places: readonly Place[],
  inputs: readonly SplitInputs[],
  classes: readonly string[],
): ClassPredictions[] {
  if (labels.length !== table.ids.length) throw new EvaluationFailure('output-protocol');
  const indexOf = new Map(classes.map((name, index) => [name, index]));
  const perSplit = inputs.map(({ ids }) => new Int32Array(ids.length));
  for (const [index, { split, row }] of places.entries()) {
    const value = labels[index] ?? '';
    const label = indexOf.get(value);
    if (label === undefined) {
      throw new EvaluationFailure('csv-label', { row: index + FIRST_ROW, value });
    }
    const target = perSplit[split];
    if (target !== undefined) target[row] = label;
  }
  return perSplit.map((ofSplit) => ({ form: 'labels', classes: classes.length, labels: ofSplit }));
}

function takeScores(
  table: PredictionsTable,
  places: readonly Place[],
  inputs: readonly SplitInputs[],
  classes: readonly string[],
): ClassPredictions[] {
  const { columns, scores } = table;
  const count = classes.length;
  const classOf = matchColumns(columns, classes);
  if (scores?.length !== table.ids.length * count) throw new EvaluationFailure('output-protocol');
  if (!scores.every(Number.isFinite)) throw new EvaluationFailure('output-not-finite');
  const perSplit = inputs.map(({ ids }) => new Float64Array(ids.length * count));
  for (const [index, { split, row }] of places.entries()) {
    const target = perSplit[split];
    if (target === undefined) continue;
    for (let column = 0; column < count; column++) {
      target[row * count + (classOf[column] ?? 0)] = scores[index * count + column] ?? NaN;
    }
  }
  return perSplit.map((ofSplit) => ({ form: 'scores', classes: count, values: ofSplit }));
}

/** Class index of every column: the class names, or p0 to pN-1; either in any order, each once. */
function matchColumns(columns: readonly string[], classes: readonly string[]): number[] {
  const numbered = classes.map((_, index) => `p${index}`);
  for (const names of [classes, numbered]) {
    const indexOf = new Map(names.map((name, index) => [name, index]));
    const matched = columns.map((column) => indexOf.get(column));
    if (columns.length === names.length && new Set(columns).size === names.length) {
      const known = matched.filter((index) => index !== undefined);
      if (known.length === names.length) return known;
    }
  }
  throw new EvaluationFailure('csv-columns', {
    expected: `id,label | id,p0,…,p${classes.length - 1} | id,${classes.join(',')}`,
    received: ['id', ...columns].join(','),
  });
}
