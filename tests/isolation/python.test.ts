import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { openSandbox } from '../../sandbox/host.ts';
import { PythonUnavailable, findPython } from '../../sandbox/isolation/python.ts';
import { processIsolation } from '../../sandbox/isolation/process-level.ts';
import { canDropUid } from '../../sandbox/isolation/uid.ts';
import type { ArtifactFile, SandboxRequest } from '../../sandbox/request.ts';
import type { NamedTensor } from '../../sandbox/tensor.ts';
import { evaluateArtifact } from '../../server/services/run-evaluation.ts';
import { buildDownload } from '../../tasks/downloads.ts';
import { loadTask } from '../../tasks/load.ts';
import { expectFailure, failureOf } from '../sandbox/expect-failure.ts';
import { zip } from '../sandbox/make-zip.ts';
import { makeRequest, modelOf } from '../sandbox/run-child.ts';
import { walledLevels } from './levels.ts';

const run = promisify(execFile);
const DIGITS = path.resolve(import.meta.dirname, '../../tasks/digits');
const STARTER = path.join(DIGITS, 'starter/model.py');
const levels = await walledLevels();

/** An environment without NumPy, made as an operator makes one. */
const scratch = mkdtempSync('/var/tmp/certamen-test-python-');
chmodSync(scratch, 0o755);
afterAll(() => rmSync(scratch, { recursive: true }));
const BARE = path.join(scratch, 'bare');
await run('/usr/bin/python3', ['-m', 'venv', '--without-pip', BARE]);

const file = (name: string, text: string): ArtifactFile => ({ name, bytes: Buffer.from(text) });
const code = (text: string) => file('model.py', text);
const CONSTANT = code('def predict(batch):\n    return [[0.25, 1]] * len(batch)\n');

function request(files: readonly ArtifactFile[], more: Partial<SandboxRequest> = {}) {
  const task = { inputShape: [1, 2, 1], classes: 2 };
  return makeRequest({ files, accepts: ['onnx', 'python'], task, ...more });
}

/** Two rows of two pixels: 1 2 and 3 4. */
const BATCH: NamedTensor = {
  name: 'batch',
  dtype: 'float32',
  shape: [2, 1, 2, 1],
  data: Float32Array.of(1, 2, 3, 4),
};

describe.each(levels)('Python at level $level', ({ level, isolation }) => {
  const answer = async (
    files: readonly ArtifactFile[],
    more: Partial<SandboxRequest> = {},
    batches = 1,
  ) => {
    const session = await openSandbox(request(files, more), { isolation });
    try {
      const model = modelOf(session);
      const answers: NamedTensor[] = [];
      for (let batch = 0; batch < batches; batch++) {
        const [output] = await model.predict([BATCH]);
        answers.push(output as NamedTensor);
      }
      // What was printed comes by another pipe, and is complete at the end of the run.
      await session.close();
      const [{ dtype, shape, data }] = answers as [NamedTensor];
      return { dtype, shape, data: [...data], engine: model.engine, log: session.log().text };
    } finally {
      await session.close();
    }
  };

  it('gives the model an array of its own and takes one back', async () => {
    const model = code(`
import numpy

def predict(batch):
    assert type(batch) is numpy.ndarray and batch.dtype == numpy.float32, batch
    assert batch.flags.writeable
    print(batch.shape)
    return batch.reshape(len(batch), 2) * numpy.float32(0.5)
`);
    const { engine, ...rest } = await answer([model]);
    expect(rest).toEqual({
      dtype: 'float64',
      shape: [2, 2],
      data: [0.5, 1, 1.5, 2],
      log: '(2, 1, 2, 1)\n',
    });
    expect(engine).toMatchObject({ name: 'python', provider: 'cpu', threads: 2 });
    expect(engine.version).toMatch(/^3\.\d+\.\d+\+numpy-\d/u);
  });

  it('gives nested lists where there is no NumPy', async () => {
    const model = code(`
def predict(batch):
    assert batch == [[[[1.0], [2.0]]], [[[3.0], [4.0]]]], batch
    return [(row[0][0][0], row[0][1][0] + 0.1) for row in batch]
`);
    const { engine, ...rest } = await answer([model], { python: BARE });
    expect(rest).toMatchObject({ dtype: 'float64', shape: [2, 2], data: [1, 2.1, 3, 4.1] });
    expect(engine.version).toMatch(/^3\.\d+\.\d+$/u);
  });

  it('sets the model up once, with what it has to know, and keeps its state', async () => {
    const model = code(`
calls = []

def setup(context):
    calls.append((context.input_shape, context.classes, context.threads, context.folder))

def predict(batch):
    assert calls == [((1, 2, 1), 2, 2, "/submission")], calls
    return [[0, 1]] * len(batch)
`);
    expect((await answer([model], {}, 3)).data).toEqual([0, 1, 0, 1]);
  });

  const parts = [
    code(`
import pickle
from helper import double

weights = pickle.load(open("weights.pkl", "rb"))

def predict(batch):
    return [[double(weights), 1]] * len(batch)
`),
    file('helper.py', 'def double(x):\n    return 2 * x\n'),
    // Protocol 0: the number 21.
    file('weights.pkl', 'I21\n.'),
    file('net.onnx', 'opened by nobody'),
    file('README', 'neither'),
  ];

  it.each([
    ['as files', parts],
    [
      'in an archive',
      [
        {
          name: 'submission.zip',
          bytes: zip(parts.map(({ name, bytes }) => ({ name, content: bytes }))),
        },
      ],
    ],
  ])('opens weights of any format and modules beside the model, %s', async (_, files) => {
    expect((await answer(files)).data).toEqual([42, 1, 42, 1]);
  });

  it('takes the only Python file for the model, whatever its name', async () => {
    const { bytes } = CONSTANT;
    expect((await answer([{ name: 'my net.py', bytes }])).data).toEqual([0.25, 1, 0.25, 1]);
  });

  it('may start processes', async () => {
    const model = code(`
import subprocess, sys

def predict(batch):
    text = subprocess.run([sys.executable, "-c", "print(7)"], capture_output=True).stdout
    return [[int(text), 0]] * len(batch)
`);
    expect((await answer([model])).data).toEqual([7, 0, 7, 0]);
  });

  it.each([
    [
      'an error',
      'import nothing_of_this_name',
      'ModuleNotFoundError (model.py, line 1): No module',
    ],
    ['a mistake in its syntax', 'def predict(batch:\n', 'SyntaxError (model.py, line 1): '],
    [
      'a mistake in setup',
      'def predict(b): pass\ndef setup(c):\n  c.none',
      'AttributeError (model.py, line 3): ',
    ],
  ])('names %s while loading, and its line', async (_, text, detail) => {
    const failure = await failureOf(() => answer([code(text)]));
    expect(failure).toMatchObject({ code: 'LOAD_ERROR', reason: 'code-load' });
    expect(failure.params['detail']).toContain(detail);
  });

  it('names an error while running, and its line', async () => {
    const model = code('def predict(batch):\n    return inner()\ndef inner():\n    return 1 / 0\n');
    await expectFailure(() => answer([model]), 'code-run', {
      detail: 'ZeroDivisionError (model.py, line 4): division by zero',
    });
  });

  it('misses a function predict', async () => {
    await expectFailure(() => answer([code('predict = 1')]), 'code-function', { name: 'predict' });
  });

  it('refuses what is no table of numbers', async () => {
    const returning = (value: string) => code(`def predict(batch):\n    return ${value}\n`);
    await expectFailure(() => answer([returning('[["a", "b"]] * 2')]), 'output-dtype');
    await expectFailure(
      () => answer([returning('[[1, 2], [3]]')], { python: BARE }),
      'output-shape',
      { received: 'rows of different lengths' },
    );
    await expectFailure(() => answer([returning('[1, 2]')], { python: BARE }), 'output-shape', {
      received: '[2]',
    });
  });

  it.each([
    [
      'too many files',
      'too-many-files',
      (n: number) => Array.from({ length: n }, (_, k) => file(`${String(k)}.txt`, 'x')),
    ],
    ['an empty file', 'empty-file', () => [file('weights.bin', '')]],
    ['another model in JavaScript', 'mixed-artifact', () => [file('model.js', 'x')]],
  ] as const)('refuses %s', async (_, reason, others) => {
    await expectFailure(() => answer([CONSTANT, ...others(64)]), reason);
  });

  it('refuses more bytes than the task allows', async () => {
    const weights = { name: 'weights.bin', bytes: new Uint8Array(11 * 2 ** 20) };
    await expectFailure(() => answer([CONSTANT, weights]), 'artifact-too-large', { limit_mb: 10 });
  });

  it('counts the files of the submission as its memory, before it has started', async () => {
    const limits = { wall_ms: 30_000, memory_mb: 200, artifact_mb: 400 };
    const withFile = (bytes: number) =>
      answer([CONSTANT, { name: 'weights.bin', bytes: new Uint8Array(bytes) }], { limits });
    await expectFailure(() => withFile(201 * 2 ** 20), 'memory-limit', { limit_mb: 200 });
    // Nothing is left to start with.
    const full = 200 * 2 ** 20 - CONSTANT.bytes.byteLength;
    if (level === 'full') await expectFailure(() => withFile(full), 'memory-limit');
    else expect(await withFile(full)).toMatchObject({ shape: [2, 2] });
  });

  it('refuses Python that the task does not take, also in an archive', async () => {
    const archive = zip([{ name: 'model.py', content: CONSTANT.bytes }]);
    for (const files of [[CONSTANT], [{ name: 'a.zip', bytes: archive }]])
      await expectFailure(() => answer(files, { accepts: ['onnx'] }), 'lane-not-accepted', {
        lane: 'python',
      });
  });

  it('refuses Python where the operator’s is not to be had, and finds out why', async () => {
    const missing = path.join(scratch, 'missing');
    await expectFailure(() => answer([CONSTANT], { python: missing }), 'lane-unavailable');
    await expect(findPython(isolation, missing)).rejects.toMatchObject({
      name: PythonUnavailable.name,
      message: `there is no ${missing}`,
    });
    await expect(findPython(isolation, scratch)).rejects.toThrow('holds no bin/python3');
    await expect(findPython(isolation, '/bin/true')).rejects.toThrow('does not run');
  });

  it('refuses an environment where the sandbox has a folder of its own', async () => {
    const covered = mkdtempSync('/tmp/certamen-test-python-');
    try {
      await run('/usr/bin/python3', ['-m', 'venv', '--without-pip', covered]);
      await expect(findPython(isolation, covered)).rejects.toMatchObject({
        message: `${covered} lies where the sandbox has folders of its own`,
        fix: expect.stringContaining('PYTHON_ENV=') as string,
      });
    } finally {
      rmSync(covered, { recursive: true });
    }
  });

  it('refuses an environment that the user of the sandbox cannot read', async () => {
    if (!canDropUid()) return;
    const hidden = path.join(scratch, 'hidden');
    await run('/usr/bin/python3', ['-m', 'venv', '--without-pip', path.join(hidden, 'env')]);
    chmodSync(hidden, 0o700);
    await expect(findPython(isolation, path.join(hidden, 'env'))).rejects.toMatchObject({
      message: `the sandbox user cannot read ${hidden}/env`,
      fix: expect.stringContaining('PYTHON_ENV=') as string,
    });
  });
});

describe('Python where there are no walls', () => {
  it('is refused', async () => {
    const isolation = processIsolation([]);
    await expectFailure(
      () => openSandbox(request([CONSTANT]), { isolation }),
      'code-needs-isolation',
      { lane: 'python' },
    );
    const archive = { name: 'a.zip', bytes: zip([{ name: 'model.py', content: CONSTANT.bytes }]) };
    await expectFailure(
      () => openSandbox(request([archive]), { isolation }),
      'code-needs-isolation',
    );
  });
});

describe('Python on the digits', () => {
  const evaluate = async (...files: ArtifactFile[]) => {
    const task = await loadTask(DIGITS);
    return evaluateArtifact({ task, splits: ['public'], files, options: {} });
  };
  const starter = { name: 'model.py', bytes: readFileSync(STARTER) };

  it('scores with the starter code and the weights that it trains', async () => {
    const data = await buildDownload(await loadTask(DIGITS), 'digits-train.npz');
    writeFileSync(path.join(scratch, 'digits-train.npz'), data ?? '');
    await run('/usr/bin/python3', [STARTER, 'digits-train.npz'], { cwd: scratch });
    const weights = readFileSync(path.join(scratch, 'weights.npz'));
    const { splits, engine } = await evaluate(starter, { name: 'weights.npz', bytes: weights });
    expect(engine.name).toBe('python');
    expect(splits[0]?.scores).toMatchObject([{ metric: 'top1_error' }, { metric: 'top5_error' }]);
    expect(splits[0]?.scores[0]?.value).toBeLessThan(0.12);
  });

  it('says what the starter code lacks without its weights', async () => {
    await expectFailure(() => evaluate(starter), 'code-load', {
      detail:
        "FileNotFoundError (model.py, line 29): [Errno 2] No such file or directory: 'weights.npz'",
    });
  });

  it.each([
    ['too few rows', 'numpy.zeros((len(batch) - 1, 10))', 'output-shape'],
    ['too many classes', 'numpy.zeros((len(batch), 11))', 'output-shape'],
    ['labels in place of scores', 'numpy.zeros(len(batch))', 'output-shape'],
    ['what is not a number', 'numpy.full((len(batch), 10), numpy.nan)', 'output-not-finite'],
    ['what is not finite', 'numpy.full((len(batch), 10), numpy.inf)', 'output-not-finite'],
  ] as const)('refuses %s', async (_, value, reason) => {
    const model = code(`import numpy\ndef predict(batch):\n    return ${value}\n`);
    await expectFailure(() => evaluate(model), reason);
  });
});
