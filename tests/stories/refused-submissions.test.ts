/**
 * The whole path from files to verdict, sandbox included, for what entrants send by mistake or on
 * purpose. The details of each check are tested beside it; here each promise is watched from outside.
 */
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { EvaluationFailure } from '../../sandbox/failure.ts';
import type { ArtifactFile } from '../../sandbox/request.ts';
import { evaluateArtifact } from '../../server/services/run-evaluation.ts';
import { loadTask } from '../../tasks/load.ts';
import type { Task } from '../../tasks/task.ts';
import { failureText } from '../../views/failure-text.ts';
import { zip } from '../sandbox/make-zip.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const MODELS = path.join(ROOT, 'tests/fixtures/models');
const MIB = 2 ** 20;

let task: Task;
let ids: readonly string[];
beforeAll(async () => {
  task = await loadTask(path.join(ROOT, 'tasks/digits'));
  ({ ids } = await task.readInputs('public'));
});

const bytes = (file: string) => readFile(path.join(MODELS, file));
const text = (name: string, content: string): ArtifactFile => ({
  name,
  bytes: Buffer.from(content),
});
const evaluate = (files: readonly ArtifactFile[]) =>
  evaluateArtifact({ task, splits: ['public'], files, options: {}, seed: 1 });

async function failureOf(files: readonly ArtifactFile[]) {
  const error: unknown = await evaluate(files).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof EvaluationFailure))
    throw new Error('it was not refused', { cause: error });
  return error.failure;
}

/** What a run may leave behind: our child processes, and files of ours in the temporary folder. */
async function traces(): Promise<string[]> {
  const pid = process.pid;
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const files = (await readdir(tmpdir())).filter((name) => name.startsWith('certamen-run'));
  return [...children.split(' ').filter((child) => child.trim() !== ''), ...files];
}

type Make = () => readonly ArtifactFile[] | Promise<readonly ArtifactFile[]>;

const manifest = (weightPath: string) =>
  JSON.stringify({
    format: 'graph-model',
    modelTopology: {
      node: [{ name: 'x', op: 'Placeholder', attr: { dtype: { type: 'DT_FLOAT' } } }],
    },
    weightsManifest: [
      { paths: [weightPath], weights: [{ name: 'w', dtype: 'float32', shape: [1] }] },
    ],
  });

const REFUSALS: readonly [string, string, string, Make][] = [
  ['an empty file', 'BAD_FORMAT', 'empty-file', () => [text('model.onnx', '')]],
  [
    'a text named .onnx',
    'BAD_FORMAT',
    'not-onnx',
    () => [text('model.onnx', 'Dear jury, this is a model.')],
  ],
  [
    'a truncated ONNX file',
    'BAD_FORMAT',
    'onnx-truncated',
    async () => [
      { name: 'm.onnx', bytes: (await bytes('torchscript/model.onnx')).subarray(0, 9000) },
    ],
  ],
  [
    'a model of another input shape',
    'BAD_SHAPE',
    'input-shape',
    async () => [{ name: 'm.onnx', bytes: await bytes('refused/colour-32.onnx') }],
  ],
  [
    'a model of nine outputs',
    'BAD_SHAPE',
    'output-shape',
    async () => [{ name: 'm.onnx', bytes: await bytes('refused/nine-outputs.onnx') }],
  ],
  [
    'a model of two inputs',
    'BAD_SHAPE',
    'input-count',
    async () => [{ name: 'm.onnx', bytes: await bytes('refused/two-inputs.onnx') }],
  ],
  [
    'a model that answers NaN',
    'BAD_OUTPUT',
    'output-not-finite',
    async () => [{ name: 'm.onnx', bytes: await bytes('refused/nan-output.onnx') }],
  ],
  [
    'an ONNX file without its data file',
    'BAD_FORMAT',
    'onnx-data-missing',
    async () => [{ name: 'model.onnx', bytes: await bytes('dynamo/model.onnx') }],
  ],
  [
    'external data outside the upload',
    'BAD_FORMAT',
    'onnx-data-location',
    async () => {
      // Same length, so that the protobuf stays well formed: only the location changes.
      const model = (await bytes('dynamo/model.onnx')).toString('latin1');
      const moved = model.replaceAll('model.onnx.data', '../../../passwd');
      return [
        { name: 'model.onnx', bytes: Buffer.from(moved, 'latin1') },
        { name: 'model.onnx.data', bytes: await bytes('dynamo/model.onnx.data') },
      ];
    },
  ],
  [
    'a zip with a name that leads outside',
    'BAD_FORMAT',
    'zip-entry-name',
    () => [{ name: 'm.zip', bytes: zip([{ name: '../model.onnx', content: 'x' }]) }],
  ],
  [
    'a zip bomb',
    'BAD_FORMAT',
    'zip-too-large',
    () => [
      { name: 'm.zip', bytes: zip([{ name: 'model.onnx', content: new Uint8Array(300 * MIB) }]) },
    ],
  ],
  [
    'TF.js weights under a path',
    'BAD_FORMAT',
    'tfjs-weights-path',
    () => [text('model.json', manifest('../weights.bin')), text('weights.bin', 'abcd')],
  ],
  [
    'TF.js weights at an address',
    'BAD_FORMAT',
    'tfjs-weights-path',
    () => [
      text('model.json', manifest('https://example.org/weights.bin')),
      text('weights.bin', 'abcd'),
    ],
  ],
  ...['.pt', '.pth', '.h5', '.keras', '.safetensors', '.pkl'].map(
    (extension): [string, string, string, Make] => [
      `weights in the form ${extension}`,
      'BAD_FORMAT',
      'framework-weights',
      () => [text(`model${extension}`, 'PK\u0003\u0004')],
    ],
  ),
];

const lines = (make: (id: string, row: number) => string) => ids.map((id, row) => make(id, row));
const csv = (rows: readonly string[], header = 'id,label') =>
  text('predictions.csv', `${[header, ...rows].join('\n')}\n`);
const label = (id: string) => `${id},7`;
const SCORES = '0,0,0,0,0,0,0,1,0,0';

const CSV_REFUSALS: readonly [string, string, () => ArtifactFile][] = [
  ['a missing id', 'csv-id-missing', () => csv(lines(label).slice(1))],
  ['a duplicate id', 'csv-id-duplicate', () => csv([...lines(label), label(ids[0] ?? '')])],
  ['an extra id', 'csv-id-unknown', () => csv([...lines(label), 'somebody,7'])],
  ['an id written otherwise', 'csv-id-format', () => csv(lines((id) => label(id.toUpperCase())))],
  [
    'NaN',
    'csv-value',
    () =>
      csv(
        lines((id, row) => `${id},${row === 5 ? SCORES.replace('1', 'NaN') : SCORES}`),
        'id,p0,p1,p2,p3,p4,p5,p6,p7,p8,p9',
      ),
  ],
  [
    'Infinity',
    'csv-value',
    () =>
      csv(
        lines((id, row) => `${id},${row === 5 ? SCORES.replace('1', 'Infinity') : SCORES}`),
        'id,p0,p1,p2,p3,p4,p5,p6,p7,p8,p9',
      ),
  ],
  [
    'a row of the wrong width',
    'csv-row-columns',
    () => csv(lines((id, row) => (row === 9 ? `${id},7,7` : label(id)))),
  ],
  [
    'nine score columns',
    'csv-columns',
    () =>
      csv(
        lines((id) => `${id},${SCORES.slice(2)}`),
        'id,p0,p1,p2,p3,p4,p5,p6,p7,p8',
      ),
  ],
  [
    'semicolons',
    'csv-separator',
    () =>
      csv(
        lines((id) => `${id};7`),
        'id;label',
      ),
  ],
  ['a label that is no class', 'csv-label', () => csv(lines((id) => `${id},seven`))],
];

describe('a submission', () => {
  it.each(REFUSALS)('is refused with its reason: %s', async (_what, code, reason, make) => {
    const failure = await failureOf(await make());
    expect(failure).toMatchObject({ kind: 'submission', code, reason });
    const said = ['en', 'es']
      .map((language) => failureText(failure, language as 'en' | 'es').text)
      .join(' ');
    expect(said).not.toContain(ROOT);
    expect(said).not.toMatch(/\{\w+\}|undefined|null/u);
    expect(await traces()).toEqual([]);
  });

  it.each(CSV_REFUSALS)(
    'of predictions is refused with its reason: %s',
    async (_what, reason, make) => {
      const failure = await failureOf([make()]);
      expect(failure).toMatchObject({ kind: 'submission', code: 'BAD_PREDICTIONS', reason });
      expect(await traces()).toEqual([]);
    },
  );

  it('of mismatched shapes is told both sides', async () => {
    const input = await failureOf([
      { name: 'm.onnx', bytes: await bytes('refused/colour-32.onnx') },
    ]);
    expect(input.params['expected']).toContain('[N,28,28,1]');
    expect(input.params['received']).toBe('[N,3,32,32]');
    const output = await failureOf([
      { name: 'm.onnx', bytes: await bytes('refused/nine-outputs.onnx') },
    ]);
    expect(output.params['expected']).toContain('[N,10]');
    expect(output.params['received']).toBe('[N,9]');
  });

  it('that lacks its data file is told the name of that file', async () => {
    const failure = await failureOf([
      { name: 'model.onnx', bytes: await bytes('dynamo/model.onnx') },
    ]);
    expect(failure.params['file']).toBe('model.onnx.data');
  });
});

describe('a predictions file', () => {
  const guess = (row: number) => row % 10;
  const plain = () => csv(lines((id, row) => `${id},${guess(row)}`));
  const score = async (file: ArtifactFile) => {
    const [split] = (await evaluate([file])).splits;
    return split?.scores[0]?.value;
  };
  const columns = (order: readonly number[]) =>
    csv(
      lines(
        (id, row) => `${id},${order.map((c) => (c === guess(row) ? '1.5' : '-2e-1')).join(',')}`,
      ),
      `id,${order.join(',')}`,
    );

  const VARIANTS: readonly [string, () => ArtifactFile][] = [
    [
      'a byte order mark',
      () => ({
        ...plain(),
        bytes: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), plain().bytes]),
      }),
    ],
    [
      'CRLF line ends',
      () => ({
        ...plain(),
        bytes: Buffer.from(Buffer.from(plain().bytes).toString().replaceAll('\n', '\r\n')),
      }),
    ],
    [
      'quotes',
      () =>
        csv(
          lines((id, row) => `"${id}","${guess(row)}"`),
          '"id","label"',
        ),
    ],
    ['shuffled rows', () => csv(lines((id, row) => `${id},${guess(row)}`).toReversed())],
    ['class names as columns', () => columns([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])],
    ['the class columns in another order', () => columns([3, 1, 4, 0, 5, 9, 2, 6, 8, 7])],
  ];
  it.each(VARIANTS)('scores the same with %s', async (_what, make) => {
    expect(await score(make())).toBe(await score(plain()));
  });
});
