/** Rows read one by one must give the very answer of rows read at once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runMetric } from './run-metric.ts';
import { STREAMED, reportOfLines, reportOfObject } from '../../../cli/metric-stream.ts';
import { TIE_RULES } from '../../../scoring/classification/top-k.ts';
import { findMetric } from '../../../scoring/registry.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'certamen-rows-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function written(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

const score = fc.oneof(fc.nat(2), fc.double({ min: -1e3, max: 1e3, noNaN: true }));
const rows = fc.array(
  fc.record({ scores: fc.array(score, { minLength: 6, maxLength: 6 }), label: fc.nat(5) }),
  { maxLength: 40 },
);
const images = fc.array(
  fc.record({
    predictions: fc.array(fc.nat(7), { maxLength: 7 }),
    groundTruth: fc.oneof(
      fc.integer({ min: 1, max: 7 }),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 3 }),
    ),
  }),
  { maxLength: 40 },
);

describe.each(['topk_scores', 'top1_error', 'top5_error'])('%s row by row', (name) => {
  const metric = findMetric(name);

  it('answers as at once, from lines and from an object with its fields in any order', () => {
    fc.assert(
      fc.property(
        rows,
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom(undefined, ...TIE_RULES),
        fc.boolean(),
        (drawn, k, tie, isLabelsFirst) => {
          const options = {
            ...(name === 'topk_scores' ? { k } : {}),
            ...(tie === undefined ? {} : { tie }),
          };
          const scores = drawn.map((row) => row.scores);
          const labels = drawn.map(({ label }) => label);
          const fields = { scores, note: ['any', { thing: [1] }], ...options };
          const object = isLabelsFirst ? { labels, ...fields } : { ...fields, labels };
          const expected = metric.report({ scores, labels, ...options });
          const file = written('rows.json', JSON.stringify(object, null, isLabelsFirst ? 2 : 0));
          expect(reportOfObject(metric, file)).toEqual(expected);
          const text = drawn.map((row) => `${JSON.stringify({ ...row, note: 'x' })}\n`).join('');
          expect(reportOfLines(metric, written('rows.jsonl', text), options)).toEqual(expected);
        },
      ),
    );
  });
});

describe('ilsvrc_flat_error row by row', () => {
  const metric = findMetric('ilsvrc_flat_error');

  it('answers as at once, from lines and from an object', () => {
    fc.assert(
      fc.property(images, fc.integer({ min: 1, max: 6 }), (drawn, maxPredictions) => {
        const input = {
          predictions: drawn.map((image) => image.predictions),
          groundTruth: drawn.map(({ groundTruth }) => groundTruth),
          maxPredictions,
        };
        const expected = metric.report(input);
        expect(reportOfObject(metric, written('images.json', JSON.stringify(input)))).toEqual(
          expected,
        );
        const text = drawn.map((image) => JSON.stringify(image)).join('\n');
        const file = written('images.jsonl', text);
        expect(reportOfLines(metric, file, { k: maxPredictions })).toEqual(expected);
      }),
    );
  });
});

describe('an object that is read row by row', () => {
  it.each([
    ['more labels than rows', { scores: [[1, 0]], labels: [0, 1], k: 1 }],
    [
      'more rows than labels',
      {
        scores: [
          [1, 0],
          [0, 1],
        ],
        labels: [0],
        k: 1,
      },
    ],
    ['rows of different length', { scores: [[1, 0], [1]], labels: [0, 0], k: 1 }],
    ['a label beyond the classes', { scores: [[1, 0]], labels: [2], k: 1 }],
    ['no scores', { labels: [], k: 1 }],
    ['no labels', { scores: [], k: 1 }],
    ['no k', { scores: [[1, 0]], labels: [0] }],
    ['an unknown rule for ties', { scores: [[1, 0]], labels: [0], k: 1, tie: 'lucky' }],
  ])('is refused as at once: %s', (_, input) => {
    const metric = findMetric('topk_scores');
    const message = (report: () => unknown): string => {
      try {
        report();
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        return (error as Error).message;
      }
      throw new Error('nothing was refused');
    };
    const streamed = message(() =>
      reportOfObject(metric, written('bad.json', JSON.stringify(input))),
    );
    expect(streamed).toBe(message(() => metric.report(input)));
  });

  it('is refused where a field is there twice, or a label is no integer', () => {
    const metric = findMetric('top1_error');
    const report = (text: string) => reportOfObject(metric, written('bad.json', text));
    expect(() => report('{"scores":[[1]],"scores":[[1]],"labels":[0]}')).toThrow(
      /scores is there twice/,
    );
    expect(() => report('{"scores":[[1,0]],"labels":[0.5]}')).toThrow(/row 0 is not a class index/);
    expect(() => report('{"scores":[[1,0]],"labels":[[0,1]]}')).toThrow(
      /row 0 is not a class index/,
    );
  });
});

describe('lines that are read row by row', () => {
  const top1 = findMetric('top1_error');

  it.each([
    ['{"scores":[1,0],"label":0}\n{"scores":[1,0]}', /line 2 has no label/],
    ['{"label":0}', /line 1 has no scores/],
    ['\n{"scores":[1,0],"label":0,"label":1}', /line 2 has label twice/],
    ['{"scores":[1,0],"scores":[1,0],"label":0}', /line 1 has scores twice/],
    ['{"scores":[1,0],"label":0}\n\n{"scores":[1],"label":0}', /row 1 has 1 numbers.* 2/],
    ['{"scores":[1,0],"label":2}', /row 0 is not a class index below 2/],
    ['{"scores":[1,NaN],"label":0}', /expected a number/],
    ['[1,2]', /expected '{'/],
  ])('are refused: %s', (text, message) => {
    expect(() => reportOfLines(top1, written('bad.jsonl', text))).toThrow(message);
  });

  it('are refused with options that the metric does not have', () => {
    const file = written('rows.jsonl', '{"scores":[1,0],"label":0}');
    expect(() => reportOfLines(top1, file, { k: 2 })).toThrow(/top1_error has no k/);
    expect(() =>
      reportOfLines(findMetric('ilsvrc_flat_error'), file, { tie: 'optimistic' }),
    ).toThrow(/no rule for ties/);
    expect(() => reportOfLines(findMetric('topk_scores'), file)).toThrow(/k: /);
    expect(() => reportOfLines(findMetric('wilson'), file)).toThrow(
      /wilson is not read row by row/,
    );
  });
});

describe('certamen metric', () => {
  const line = '{"scores":[0.1,0.7,0.2],"label":2}\n';

  it('reads JSON Lines by the name of the file, or where told', async () => {
    const byName = await runMetric(
      'topk_scores',
      '--input',
      written('a.jsonl', line),
      '--k',
      '2',
      '--json',
    );
    expect(byName).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(byName.out)).toMatchObject({ value: 1 });
    const file = written('a.txt', line);
    const told = await runMetric('top1_error', '--input', file, '--format', 'jsonl', '--json');
    expect(JSON.parse(told.out)).toMatchObject({ value: 1 });
    const tied = await runMetric(
      ...['topk_scores', '--input', written('b.jsonl', '{"scores":[1,1],"label":1}')],
      ...['--k', '1', '--tie', 'highest-index', '--json'],
    );
    expect(JSON.parse(tied.out)).toMatchObject({ value: 1 });
  });

  it('reads a large object row by row', async () => {
    // Long numbers make it larger than what is read at once.
    const scores = Array.from({ length: 100_000 }, (_, row) =>
      Array.from({ length: 10 }, (_, index) =>
        index === row % 10 ? 0.9999999999999999 : 0.1111111111111111,
      ),
    );
    const labels = scores.map((_, row) => (row % 4 === 0 ? row % 10 : (row + 1) % 10));
    const file = written('large.json', JSON.stringify({ scores, labels }));
    const { code, out } = await runMetric('top1_error', '--input', file, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(findMetric('top1_error').report({ scores, labels }));
  });

  it.each([
    [['top1_error', '--format', 'xml'], /--format is json or jsonl, not 'xml'/],
    [['topk_scores', '--k', '2'], /--k and --tie are for JSON Lines/],
    [['macro_f1', '--format', 'jsonl'], /macro_f1 is not read row by row/],
    [['topk_scores', '--format', 'jsonl', '--k', 'x'], /k: /],
  ])('refuses %j, and exits 2', async (args, message) => {
    const { code, out, err } = await runMetric(...args, '--input', written('c.txt', line));
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
  });

  it('names the metrics that it reads row by row', () => {
    expect(STREAMED).toEqual(['topk_scores', 'top1_error', 'top5_error', 'ilsvrc_flat_error']);
  });
});
