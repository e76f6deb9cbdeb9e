/** `certamen metric NAME --judge` against what PyTorch, NumPy and SciPy make of the same images. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { runMetric } from './run-metric.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../fixtures/metrics-judge');
const at = (name: string) => path.join(FOLDER, name);

const expected = z
  .object({
    preprocessing: z.object({
      scale: z.number(),
      mean: z.array(z.number()),
      std: z.array(z.number()),
    }),
    fid: z.number(),
    kid: z.number(),
    inception_score: z.object({ splits: z.number(), value: z.number(), sd: z.number() }),
    fcn_score: z.record(z.string(), z.number()),
    lpips: z.number(),
    lpips_unweighted: z.number(),
  })
  .parse(JSON.parse(readFileSync(at('expected.json'), 'utf8')));

const { scale, mean, std } = expected.preprocessing;
const PREPROCESSING = [
  ...['--scale', String(scale)],
  ...['--mean', mean.join(',')],
  ...['--std', std.join(',')],
];
const JUDGE = ['--judge', at('judge.onnx')];
const PAIR = ['--real', at('real.npy'), '--fake', at('fake.npy')];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'certamen-judge-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function report(...args: string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await runMetric(...args, ...JUDGE, ...PREPROCESSING, '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return z.record(z.string(), z.unknown()).parse(JSON.parse(out));
}

/** Features are float32, and their sums are in another order: 1e-5 of the value. */
function expectNear(found: unknown, value: number): void {
  expect(typeof found).toBe('number');
  expect(Math.abs((found as number) - value)).toBeLessThan(1e-5 * Math.abs(value));
}

describe('a metric with a judge', () => {
  it('is the Frechet distance of PyTorch’s features', async () => {
    const found = await report('fid', ...PAIR, '--output', 'pool');
    expectNear(found['value'], expected.fid);
    expect(found).toMatchObject({ dimensions: 8, samples: [40, 40], output: 'pool' });
  });

  it('is the kernel distance of PyTorch’s features, in batches of any size', async () => {
    const found = await report('kid', ...PAIR, '--output', 'pool', '--batch', '7');
    expectNear(found['value'], expected.kid);
  });

  it('is the Inception Score of the softmax of PyTorch’s logits', async () => {
    const { splits, value, sd } = expected.inception_score;
    const images = ['--fake', at('fake.npy'), '--output', 'logits'];
    const found = await report('inception_score', ...images, '--splits', String(splits));
    expectNear(found['value'], value);
    expectNear(found['sd'], sd);
    expect(found).toMatchObject({ splits: 4, samples: 40, classes: 5, from: 'logits' });
  });

  it('is the FCN-score of PyTorch’s label maps', async () => {
    const files = ['--truth', at('truth.npy'), '--fake', at('fake.npy')];
    const found = await report('fcn_score', ...files, '--output', 'labels');
    for (const [figure, value] of Object.entries(expected.fcn_score)) {
      expectNear(found[figure], value);
    }
  });

  it('is the LPIPS of PyTorch’s layers, weighted or not, from channels first too', async () => {
    const layers = ['--output', 'relu1', '--output', 'relu2'];
    const weighted = await report('lpips', ...PAIR, ...layers, '--weights', at('weights.json'));
    expectNear(weighted['value'], expected.lpips);
    expect(weighted).toMatchObject({ images: 40, layers: ['relu1', 'relu2'] });
    const planes = ['--real', `${at('planes.npz')}#real`, '--fake', at('fake.npy')];
    expectNear((await report('lpips', ...planes, ...layers))['value'], expected.lpips_unweighted);
  });

  it('is printed as text too', async () => {
    const { out } = await runMetric('fid', ...PAIR, ...JUDGE, ...PREPROCESSING, '--output', 'pool');
    expect(out).toMatch(/^value: 0\.0379/u);
    expect(out).toContain('output: pool\n');
  });
});

describe('a metric with a judge that does not fit', () => {
  const usage = async (message: string, ...args: string[]) => {
    const { code, err } = await runMetric(...args);
    expect(err).toContain(message);
    expect(code).toBe(2);
  };

  it('names the options that are missing, unknown to it, or of the other way of input', async () => {
    await usage('fid with --judge needs --real and --fake', 'fid', ...JUDGE);
    await usage('fcn_score with --judge needs --truth', 'fcn_score', ...JUDGE, ...PAIR.slice(2));
    await usage('fid with --judge takes no --weights', 'fid', ...JUDGE, ...PAIR, '--weights', 'w');
    await usage('--judge is for fid, kid', 'psnr', ...JUDGE, ...PAIR);
    await usage('--input does not go with --judge', 'fid', ...JUDGE, '--input', '-');
    await usage('--real, --fake goes with --judge', 'fid', '--input', '-', ...PAIR);
    await usage('--seed draws subsets', 'kid', ...JUDGE, ...PAIR, '--seed', '3');
    await usage(
      'only lpips takes several',
      'fid',
      ...JUDGE,
      ...PAIR,
      '--output',
      'a',
      '--output',
      'b',
    );
  });

  it('names files that are missing or hold something else', async () => {
    const fake = ['--fake', at('fake.npy')];
    await usage('none.npy: the file is missing', 'fid', ...JUDGE, '--real', 'none.npy', ...fake);
    await usage('name one of its arrays', 'fid', ...JUDGE, '--real', at('planes.npz'), ...fake);
    await usage("there is no file 'none.onnx'", 'fid', '--judge', 'none.onnx', ...PAIR);
    const weights = path.join(folder, 'weights.json');
    await writeFile(weights, '{"relu1": "heavy"}');
    await usage(
      'a list of numbers for each layer',
      'lpips',
      ...JUDGE,
      ...PAIR,
      '--weights',
      weights,
    );
  });

  it('names both shapes where images and judge differ', async () => {
    await usage(
      '--real need a judge with an input [N,16,16,1] | [N,1,16,16] | [N,16,16] | [N,256], its input is [N,3,16,16]',
      ...['fid', ...JUDGE, '--real', at('truth.npy'), '--fake', at('fake.npy')],
    );
  });

  it('is a failure of the judge where the sandbox cannot load it', async () => {
    const broken = path.join(folder, 'broken.onnx');
    await writeFile(broken, readFileSync(at('judge.onnx')).subarray(0, 1000));
    const { code, out } = await runMetric('fid', '--judge', broken, ...PAIR, '--json');
    expect(code).toBe(3);
    expect(JSON.parse(out)).toMatchObject({ status: 'failed', failure: { code: 'BAD_FORMAT' } });
  });
});
