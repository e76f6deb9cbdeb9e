/** The commands as a shell sees them: what they print, how they end. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { readNpz, writeNpz } from '../../tasks/data/npz.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const LENET = path.join(ROOT, 'tasks/digits/baselines/lenet5.onnx');
const PAIR = path.join(ROOT, 'tests/fixtures/models/dynamo');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function certamen(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [path.join(ROOT, 'bin/certamen.js'), ...args],
      { cwd: ROOT },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : Number(error.code);
        resolve({ code, stdout, stderr });
      },
    );
  });
}

async function scratch(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'certamen-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

const evaluate = (...args: string[]) =>
  certamen('evaluate', '--task', 'tasks/digits', '--split', 'public', ...args);

describe('certamen', () => {
  it('lists every command, and explains each', async () => {
    const { code, stdout } = await certamen('--help');
    expect(code).toBe(0);
    const names = [
      ...['start', 'worker', 'migrate', 'seed', 'backup', 'restore'],
      ...['evaluate', 'predict', 'doctor'],
    ];
    for (const name of names) {
      expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'mu'));
      const help = await certamen(name, '--help');
      expect(help).toMatchObject({ code: 0, stderr: '' });
      expect(help.stdout).toContain(`certamen ${name}`);
    }
  });

  it.each([
    ['no command', []],
    ['an unknown command', ['evaluat']],
    ['an unknown option', ['doctor', '--jsn']],
    ['a missing option', ['evaluate', '--task', 'tasks/digits']],
    [
      'a file that is not there',
      ['evaluate', '--task', 'tasks/digits', '--split', 'public', '--model', 'no.onnx'],
    ],
    [
      'a layout that is none',
      ['evaluate', '--task', 'x', '--split', 'y', '--model', 'z', '--layout', 'nwch'],
    ],
  ])('ends with 2 for %s', async (_what, args) => {
    const { code, stderr } = await certamen(...args);
    expect(code).toBe(2);
    expect(stderr + (args.length === 0 ? 'certamen' : '')).toContain('certamen');
  });
});

describe('certamen evaluate', () => {
  it('prints one object: status, scores, intervals, rows, isolation, engine, times', async () => {
    const { code, stdout } = await evaluate('--model', LENET, '--json');
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as Record<string, unknown>;
    expect(result).toMatchObject({ status: 'succeeded', rows: 1000, split: 'public' });
    const { scores, intervals } = result as {
      scores: Record<string, number>;
      intervals: Record<string, [number, number]>;
    };
    for (const metric of ['top1_error', 'top5_error']) {
      const [low, high] = intervals[metric] ?? [NaN, NaN];
      expect(low).toBeLessThanOrEqual(scores[metric] ?? NaN);
      expect(high).toBeGreaterThanOrEqual(scores[metric] ?? NaN);
    }
    expect(['full', 'partial', 'process']).toContain(result['isolation']);
    expect(result['engine']).toMatchObject({ name: 'onnxruntime', provider: 'cpu' });
    expect(result['times']).toHaveProperty('total_ms');
  });

  it('takes a model in two files, and a folder', async () => {
    const files = ['model.onnx', 'model.onnx.data'].flatMap((file) => [
      '--model',
      path.join(PAIR, file),
    ]);
    const folder = path.join(ROOT, 'tests/fixtures/models/tfjs/converted');
    const [pair, tfjs] = await Promise.all([
      evaluate(...files, '--json'),
      evaluate('--model', folder, '--json'),
    ]);
    expect(pair.code + tfjs.code).toBe(0);
    const { scores } = JSON.parse(pair.stdout) as { scores: unknown };
    expect(JSON.parse(tfjs.stdout)).toMatchObject({ scores });
  });

  it('scores several splits in one run', async () => {
    const { stdout } = await evaluate('--split', 'private', '--model', LENET, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'succeeded',
      splits: { public: { rows: 1000 }, private: { rows: 1000 } },
    });
  });

  it('ends with 3 and says why when the submission failed', async () => {
    const { code, stdout } = await evaluate('--model', path.join(PAIR, 'model.onnx'), '--json');
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'failed',
      failure: {
        kind: 'submission',
        code: 'BAD_FORMAT',
        reason: 'onnx-data-missing',
        message: expect.stringContaining('model.onnx.data') as string,
      },
    });
  });

  it('prints the lines that export a checkpoint', async () => {
    const folder = await scratch();
    const file = path.join(folder, 'net.pt');
    await writeFile(file, 'x');
    const { code, stderr } = await evaluate('--model', file);
    expect(code).toBe(3);
    expect(stderr).toContain('torch.onnx.export');
  });

  it('warns that nobody can predict the rows of a hidden split', async () => {
    const folder = path.join(await scratch(), 'task');
    await cp(path.join(ROOT, 'tasks/digits'), folder, { recursive: true });
    const yaml = path.join(folder, 'task.yaml');
    const text = await readFile(yaml, 'utf8');
    expect(text).toContain('share: inputs');
    await writeFile(yaml, text.replaceAll('share: inputs', 'share: hidden'));
    const args = ['evaluate', '--task', folder, '--model', LENET, '--json', '--split'];
    const hidden = await certamen(...args, 'public');
    expect(hidden.code).toBe(0);
    expect(hidden.stderr).toContain('splits.public shares nothing');
    expect(JSON.parse(hidden.stdout)).toMatchObject({ status: 'succeeded' });
    expect((await certamen(...args, 'train')).stderr).toBe('');
  });

  it('ends with 4 and names file, key, found and expected when the task is broken', async () => {
    const folder = await scratch();
    const yaml = await readFile(path.join(ROOT, 'tasks/digits/task.yaml'), 'utf8');
    await writeFile(path.join(folder, 'task.yaml'), yaml.replace('kind: image', 'kind: picture'));
    const { code, stdout } = await certamen(
      ...['evaluate', '--task', folder, '--split', 'public', '--model', LENET, '--json'],
    );
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({
      failure: {
        kind: 'task',
        code: 'BAD_TASK',
        params: {
          file: 'task.yaml:3',
          key: 'kind',
          expected: expect.stringContaining('image-classification') as string,
          received: '"picture-classification"',
        },
      },
    });
  });
});

describe('certamen task new', () => {
  it('keeps nothing of a task that cannot be used, so that the command can be mended and repeated', async () => {
    const folder = await scratch();
    const images = path.join(folder, 'images.csv');
    await writeFile(images, `label,a,b\n${'x,1,2\ny,3,4\n'.repeat(3)}`);
    const out = path.join(folder, 'task');
    const args = ['task', 'new', 'tiny', '--out', out, '--test-images', images, '--shape', '1,2,1'];
    const broken = await certamen(...args, '--metric', 'nope');
    expect(broken.code).toBe(4);
    expect(broken.stdout).toContain('is "nope"');
    expect(broken.stdout).toContain('nothing was kept');
    expect(await certamen(...args)).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('certamen predict', () => {
  it('runs a model on named arrays', async () => {
    const folder = await scratch();
    const inputs = path.join(folder, 'in.npz');
    const out = path.join(folder, 'out.npz');
    const rows = 3;
    const data = new Float32Array(rows * 784);
    await writeFile(
      inputs,
      writeNpz([{ name: 'whatever', dtype: 'float32', shape: [rows, 1, 28, 28], data }]),
    );
    const args = ['predict', '--model', LENET, '--inputs', inputs, '--out', out, '--json'];
    const { code, stdout } = await certamen(...args);
    expect(code).toBe(0);
    const [output, ...others] = await readNpz(await readFile(out), out);
    expect(others).toEqual([]);
    expect(output).toMatchObject({ dtype: 'float32', shape: [rows, 10] });
    const scores = [...(output?.data as Float32Array)];
    expect(scores.every(Number.isFinite)).toBe(true);
    expect(scores.slice(0, 10)).toEqual(scores.slice(10, 20));
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'succeeded',
      outputs: { [output?.name ?? '']: { dtype: 'float32', shape: [rows, 10] } },
    });
  });

  it('states both sides of a shape that does not fit', async () => {
    const folder = await scratch();
    const inputs = path.join(folder, 'in.npz');
    const data = new Float32Array(12);
    await writeFile(inputs, writeNpz([{ name: 'x', dtype: 'float32', shape: [3, 4], data }]));
    const out = path.join(folder, 'out.npz');
    const { code, stdout } = await certamen(
      ...['predict', '--model', LENET, '--inputs', inputs, '--out', out, '--json'],
    );
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      failure: { code: 'BAD_SHAPE', params: { received: '[3,4]' } },
    });
  });
});
