/** Public test vectors through `certamen metric`, as whoever checks a metric would run them. */
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { runMetric } from '../cli/run-metric.ts';
import { ALL_METRICS } from '../../../scoring/registry.ts';
import { compare } from './vectors.ts';

const VECTORS = path.resolve(import.meta.dirname, '../../fixtures/vectors');
const LAUNCHER = path.resolve(import.meta.dirname, '../../../bin/certamen.js');

const FileSchema = z.object({
  cases: z.array(
    z.object({
      name: z.string(),
      input: z.unknown(),
      expected: z.unknown(),
      tolerance: z.number(),
      verified: z.boolean(),
    }),
  ),
});

/** Cases that only quote a published table: what they were computed from is not part of them. */
const QUOTED: Readonly<Record<string, readonly string[]>> = {
  coco_caption_published: ['Bleu_1', 'Bleu_3', 'METEOR', 'CIDEr'],
  mt_significance_published: ['sacrebleu vs Moses paired bootstrap (WMT17 en-de)'],
  psnr: ['scikit-image camera image vs IPOL imdiff (image not included)'],
  robustbench_published: [
    'Alfarra2020ClusTR',
    'Bartoldson2024Adversarial_WRN-94-16',
    'Engstrom2019Robustness',
    'JinRinard2020Manifold',
    'Madry2018Towards',
    'Rice2020Overfitting',
    'Wang2023Better_WRN-70-16',
    'Wu2020Adversarial',
  ],
  ssim: ['scikit-image camera image vs IPOL imdiff (image not included)'],
};

const files = readdirSync(VECTORS)
  .filter((file) => file.endsWith('.json'))
  .map((file) => {
    const { cases } = FileSchema.parse(JSON.parse(readFileSync(path.join(VECTORS, file), 'utf8')));
    return { metric: path.basename(file, '.json'), cases };
  });
const computable = files
  .map(({ metric, cases }) => ({ metric, cases: cases.filter(({ verified }) => verified) }))
  .filter(({ cases }) => cases.length > 0);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'certamen-metric-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function inputFile(input: unknown): Promise<string> {
  const file = path.join(folder, 'input.json');
  await writeFile(file, typeof input === 'string' ? input : JSON.stringify(input));
  return file;
}

/** The command as a shell runs it. */
async function asProcess(
  args: readonly string[],
  stdin = '',
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [LAUNCHER, 'metric', ...args]);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  // A command that refuses its arguments ends without reading.
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, out, err };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

describe('the public vectors', () => {
  it('have a metric of their name wherever one can be computed', () => {
    const names = new Set(ALL_METRICS.map(({ name }) => name));
    expect(computable.map(({ metric }) => metric).filter((name) => !names.has(name))).toEqual([]);
  });

  it('are computed unless they only quote a table', () => {
    const unverified = files.flatMap(({ metric, cases }) =>
      cases.filter(({ verified }) => !verified).map(({ name }) => `${metric}: ${name}`),
    );
    const quoted = Object.entries(QUOTED).flatMap(([metric, names]) =>
      names.map((name) => `${metric}: ${name}`),
    );
    expect(unverified.toSorted()).toEqual(quoted.toSorted());
  });
});

describe.each(computable)('certamen metric $metric', ({ metric, cases }) => {
  it.each(cases)('computes: $name', async ({ input, expected, tolerance }) => {
    const file = await inputFile(input);
    const { code, out, err } = await runMetric(metric, '--input', file, '--json');
    expect([code, err]).toEqual([0, '']);
    const printed = JSON.parse(out) as Record<string, unknown>;
    if (!isObject(expected)) {
      expect(compare(printed['value'], expected, tolerance)).toEqual([]);
      return;
    }
    // Parts that a case says nothing of may be there; each stands beside the value, too.
    const value = printed['value'] as Record<string, unknown>;
    for (const [part, figure] of Object.entries(expected)) {
      expect(compare(value[part], figure, tolerance, part)).toEqual([]);
      expect(compare(printed[part], figure, tolerance, part)).toEqual([]);
    }
  });
});

describe('certamen metric', () => {
  const wilson = { successes: 18, n: 20, confidence: 0.95 };

  it('reads a file as a process of its own', async () => {
    const { code, out, err } = await asProcess([
      'wilson',
      '--input',
      await inputFile(wilson),
      '--json',
    ]);
    expect([code, err]).toEqual([0, '']);
    const { value } = JSON.parse(out) as { value: unknown };
    expect(compare(value, [0.6989663547715128, 0.972133518786232], 1e-9)).toEqual([]);
  });

  it('reads standard input', async () => {
    const { code, out, err } = await asProcess(['wilson', '--input', '-'], JSON.stringify(wilson));
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^value: \[0\.69896\d+,0\.97213\d+\]$/mu);
  });

  it('lists the metrics that there are for an unknown name, and exits 2', async () => {
    const { code, out, err } = await asProcess(['accuracy_of_dreams', '--input', '-'], '{}');
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('there is no metric accuracy_of_dreams');
    for (const { name } of ALL_METRICS) expect(err).toContain(name);
  });

  it('refuses what is not JSON, and exits 2', async () => {
    const { code, out, err } = await asProcess(['wilson', '--input', '-'], '{"successes": 18,');
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('the input is not JSON');
    expect(err).not.toContain('    at ');
  });

  it.each([
    ['a field is missing', { n: 20 }, 'successes'],
    ['a field is no number', { successes: '18', n: 20 }, 'successes'],
    ['the input is a list', [18, 20], 'object'],
  ])('names the field where %s, and exits 2', async (_, input, named) => {
    const { code, out, err } = await runMetric('wilson', '--input', await inputFile(input));
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('certamen metric: wilson');
    expect(err).toContain(named);
    expect(err).not.toContain('    at ');
  });

  it.each(['wilson', 'topk_scores'])(
    'says which file is not there or is none, and exits 2: %s',
    async (name) => {
      const missing = path.join(folder, 'nowhere.json');
      expect(await runMetric(name, '--input', missing)).toMatchObject({
        code: 2,
        err: expect.stringContaining(`there is no file '${missing}'`) as unknown,
      });
      expect(await runMetric(name, '--input', folder)).toMatchObject({
        code: 2,
        err: expect.stringContaining(`'${folder}' is a folder, not a file`) as unknown,
      });
    },
  );

  it('reads a file that begins with a byte order mark', async () => {
    const file = await inputFile(`\uFEFF${JSON.stringify(wilson)}`);
    expect(await runMetric('wilson', '--input', file)).toMatchObject({ code: 0, err: '' });
  });

  it.each([
    ['of an image', '{"references":{"7":["a"],"7":["b"]},"hypotheses":{"7":"a"}}', '7'],
    ['spelled otherwise', '{"references":{"7":["a"],"\\u0037":["b"]},"hypotheses":{}}', '7'],
    ['of a field', '{"hypotheses":{},"references":{},"hypotheses" : {}}', 'hypotheses'],
  ])('refuses a key that stands twice, %s, and exits 2', async (_, input, key) => {
    const { code, out, err } = await runMetric('coco_bleu', '--input', await inputFile(input));
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(`the input has the key '${key}' twice`);
  });

  it('takes texts that look like keys, and the same key in two objects, as they are', async () => {
    const input = {
      references: { '1': ['"1": {', '\\'], '2': ['b \\" :', '{"1":"a"}'] },
      hypotheses: { '1': '\\\\"', '2': '1":' },
    };
    const { code, err } = await runMetric('coco_bleu', '--input', await inputFile(input));
    expect([code, err]).toEqual([0, '']);
  });

  it('prints what is no number as undefined', async () => {
    // The logarithm of the whole budget overflows: 0 / infinity times a score is no number.
    const input = { timestamps: [0], scores: [-1], timeBudget: 1200, t0: 1e-308 };
    const { code, out } = await runMetric(
      'alc_autodl',
      '--input',
      await inputFile(input),
      '--json',
    );
    expect([code, JSON.parse(out)]).toEqual([0, { value: 'undefined' }]);
  });

  it('asks for a metric and for its input, and exits 2', async () => {
    expect(await runMetric('--input', '-')).toMatchObject({ code: 2, out: '' });
    expect(await runMetric('wilson')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--input') as unknown,
    });
    expect(await runMetric('wilson', 'ece', '--input', '-')).toMatchObject({ code: 2, out: '' });
  });

  it('lists name, direction, range, definition and source of every metric', async () => {
    const asText = await runMetric('--list');
    const asJson = await runMetric('--list', '--json');
    expect([asText.code, asJson.code]).toEqual([0, 0]);
    const listed = JSON.parse(asJson.out) as Record<string, unknown>[];
    expect(listed.map(({ name }) => name)).toEqual(ALL_METRICS.map(({ name }) => name));
    for (const [k, { name, definition, source }] of ALL_METRICS.entries()) {
      expect(asText.out).toContain(`${name} (`);
      expect(asText.out).toContain(definition.en);
      expect(asText.out).toContain(source);
      expect(Object.keys(listed[k] ?? {})).toEqual(
        expect.arrayContaining(['name', 'direction', 'range', 'definition', 'source']),
      );
    }
  });
});
