import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EvaluationFailure } from '../../../sandbox/failure.ts';
import type { PredictionsTable } from '../../../sandbox/model.ts';
import { matchPredictions } from '../../../tasks/predictions.ts';
import type { SplitInputs } from '../../../tasks/task.ts';

const classes = ['cat', 'dog', 'cow'];

function split(name: string, ids: readonly string[]): SplitInputs {
  const rows = {
    dtype: 'uint8',
    shape: [ids.length, 1, 1, 1],
    data: new Uint8Array(ids.length),
  } as const;
  return { split: name, ids, rows };
}

const inputs = [split('public', ['a-0', 'a-1']), split('private', ['b-0'])];

function labels(ids: readonly string[], values: readonly string[]): PredictionsTable {
  return { columns: ['label'], ids, labels: values, scores: null };
}

function scores(
  columns: readonly string[],
  ids: readonly string[],
  values: readonly number[],
): PredictionsTable {
  return { columns, ids, labels: null, scores: Float64Array.from(values) };
}

function failureOf(table: PredictionsTable, of = inputs): EvaluationFailure['failure'] {
  try {
    matchPredictions(table, of, classes);
  } catch (error) {
    return (error as EvaluationFailure).failure;
  }
  throw new Error('nothing was refused');
}

describe('matchPredictions', () => {
  it('brings labels to the rows of their splits', () => {
    const table = labels(['b-0', 'a-1', 'a-0'], ['cow', 'dog', 'cat']);
    expect(matchPredictions(table, inputs, classes)).toEqual([
      { form: 'labels', classes: 3, labels: Int32Array.of(0, 1) },
      { form: 'labels', classes: 3, labels: Int32Array.of(2) },
    ]);
  });

  it('does not depend on the order of rows or columns', () => {
    const values = fc.array(fc.double({ noNaN: true, min: -9, max: 9 }), {
      minLength: 9,
      maxLength: 9,
    });
    const permutation = fc.shuffledSubarray([0, 1, 2], { minLength: 3 });
    const naming = fc.constantFrom(['p0', 'p1', 'p2'], classes);
    fc.assert(
      fc.property(values, permutation, permutation, naming, (cells, rows, columns, names) => {
        const ids = ['a-0', 'a-1', 'b-0'];
        const straight = matchPredictions(scores(names, ids, cells), inputs, classes);
        const mixed = scores(
          columns.map((column) => names[column] ?? ''),
          rows.map((row) => ids[row] ?? ''),
          rows.flatMap((row) => columns.map((column) => cells[row * 3 + column] ?? NaN)),
        );
        expect(matchPredictions(mixed, inputs, classes)).toEqual(straight);
      }),
    );
  });

  it('names a row that comes twice, equal or not', () => {
    const table = labels(['a-0', 'a-1', 'b-0', 'a-1'], ['cat', 'cat', 'cat', 'cat']);
    expect(failureOf(table)).toMatchObject({
      code: 'BAD_PREDICTIONS',
      reason: 'csv-id-duplicate',
      params: { row: 5, id: 'a-1' },
    });
  });

  it('counts missing rows over all splits and names the first', () => {
    expect(failureOf(labels(['a-0'], ['cat']))).toMatchObject({
      reason: 'csv-id-missing',
      params: { count: 2, id: 'a-1' },
    });
  });

  it('refuses an id of no row', () => {
    expect(failureOf(labels(['a-0', 'zebra'], ['cat', 'cat']))).toMatchObject({
      reason: 'csv-id-unknown',
      params: { row: 3, id: 'zebra' },
    });
  });

  it.each(['__proto__', 'constructor', 'toString', ''])('knows no row called %j', (id) => {
    expect(failureOf(labels([id], ['cat']))).toMatchObject({ reason: 'csv-id-unknown' });
  });

  it.each(['03', '3.0', ' 3', '3 ', '"3"', "'3", '３', '3.000'])(
    'says that %j is 3 spelt otherwise',
    (id) => {
      expect(failureOf(labels([id], ['cat']), [split('public', ['3'])])).toMatchObject({
        reason: 'csv-id-format',
        params: { row: 2, expected: '3' },
      });
    },
  );

  it('compares case exactly', () => {
    expect(failureOf(labels(['A-0'], ['cat']))).toMatchObject({
      reason: 'csv-id-format',
      params: { expected: 'a-0' },
    });
  });

  it('keeps ids beyond 2^53 apart', () => {
    const big = [split('public', ['9007199254740993', '9007199254740992'])];
    const table = labels(['9007199254740992', '9007199254740993'], ['dog', 'cat']);
    expect(matchPredictions(table, big, classes)).toEqual([
      { form: 'labels', classes: 3, labels: Int32Array.of(0, 1) },
    ]);
  });

  it('refuses a label that is no class', () => {
    const table = labels(['a-0', 'a-1', 'b-0'], ['cat', 'Dog', 'cow']);
    expect(failureOf(table)).toMatchObject({
      reason: 'csv-label',
      params: { row: 3, value: 'Dog' },
    });
  });

  it.each([
    [['p0', 'p1']],
    [['p1', 'p2', 'p3']],
    [['p0', 'p1', 'p1']],
    [['cat', 'dog', 'p2']],
    [['cat', 'dog', 'cow', 'pig']],
    [['Cat', 'dog', 'cow']],
  ])('refuses the columns %j, stating both sides', (columns) => {
    const ids = ['a-0', 'a-1', 'b-0'];
    const table = scores(columns, ids, new Array<number>(ids.length * columns.length).fill(0));
    expect(failureOf(table)).toMatchObject({
      reason: 'csv-columns',
      params: {
        expected: 'id,label | id,p0,…,p2 | id,cat,dog,cow',
        received: ['id', ...columns].join(','),
      },
    });
  });

  it.each([NaN, Infinity, -Infinity])('refuses a score of %d', (value) => {
    const table = scores(
      ['p0', 'p1', 'p2'],
      ['a-0', 'a-1', 'b-0'],
      [0, 0, 0, 0, value, 0, 0, 0, 0],
    );
    expect(failureOf(table).reason).toBe('output-not-finite');
  });

  it('refuses a table with fewer cells than rows times columns', () => {
    expect(failureOf(scores(['p0', 'p1', 'p2'], ['a-0', 'a-1', 'b-0'], [1, 2, 3])).reason).toBe(
      'output-protocol',
    );
  });
});
