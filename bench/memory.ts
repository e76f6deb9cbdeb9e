/**
 * Memory of a worker over many evaluations: resident set and heap after a collection.
 *
 *   node bench/memory.ts [--evaluations 500]
 *
 * Lanes take turns, and every tenth evaluation fails, since failures have ends of their own. A leak of
 * one buffer per evaluation would show as megabytes; what is left is the allocator's noise.
 */
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

process.env['ORT_DISABLE_TELEMETRY'] = '1';

import { EvaluationFailure } from '../sandbox/failure.ts';
import { detect } from '../sandbox/isolation/detect.ts';
import type { ArtifactFile } from '../sandbox/request.ts';
import { evaluateArtifact } from '../server/services/run-evaluation.ts';
import { loadTask } from '../tasks/load.ts';

const { values } = parseArgs({ options: { evaluations: { type: 'string', default: '500' } } });
const evaluations = Number(values.evaluations);
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const task = await loadTask(fileURLToPath(new URL('../tasks/digits', import.meta.url)));
const file = async (path: string, name: string): Promise<ArtifactFile> => ({
  name,
  bytes: await readFile(new URL(`../tasks/digits/baselines/${path}`, import.meta.url)),
});
const { ids } = await task.readInputs('public');
const csv = `id,label\n${ids.map((id) => `${id},0\n`).join('')}`;
const isWalled = (await detect()).isolation.report.level !== 'process';
const code = 'const predict = ({ shape }) => new Float32Array(shape[0] * 10);';
const turns: (readonly ArtifactFile[])[] = [
  [await file('logreg.onnx', 'logreg.onnx')],
  [{ name: 'predictions.csv', bytes: Buffer.from(csv) }],
  [await file('lenet5.onnx', 'lenet5.onnx')],
  ...(isWalled ? [[{ name: 'model.js', bytes: Buffer.from(code) }]] : []),
];
const broken: readonly ArtifactFile[] = [{ name: 'model.onnx', bytes: Buffer.from('no model') }];

const MIB = 2 ** 20;
const STOPS = [0.1, 0.5, 1].map((share) => Math.round(evaluations * share));
process.stdout.write(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.versions.node}\n` +
    '| evaluations | resident, MiB | heap, MiB | buffers, MiB |\n| --- | --- | --- | --- |\n',
);
for (let count = 1; count <= evaluations; count++) {
  const files = count % 10 === 0 ? broken : (turns[count % turns.length] ?? broken);
  try {
    await evaluateArtifact({ task, splits: ['public'], files, options: {} });
  } catch (error) {
    if (!(error instanceof EvaluationFailure) || files !== broken) throw error;
  }
  if (!STOPS.includes(count)) continue;
  collect();
  await new Promise((resolve) => setTimeout(resolve, 200));
  collect();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  const cells = [rss, heapUsed, arrayBuffers].map((bytes) => (bytes / MIB).toFixed(0));
  process.stdout.write(`| ${count} | ${cells.join(' | ')} |\n`);
}
