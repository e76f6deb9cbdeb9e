/**
 * Our metrics beside the Python references that are installed, on the same seeded data of real size.
 *
 *   node bench/metrics.ts [--python python3] [--only wer,ssim] [--repeats 5] [--seconds 30]
 *                         [--scale 1] [--seed 1] [--cpu] [--json]
 *
 * The data is made here and handed over as .npy and .json files in a temporary folder. Both sides are
 * timed from data in memory (typed arrays here, NumPy arrays, tensors or lists there) to the value, best
 * of --repeats, or of as many as begin within --seconds. Ours runs on one thread. The references run twice: on one thread
 * (OMP_NUM_THREADS and its like, torch.set_num_threads), and on as many as they take by themselves.
 *
 *   ratio   our time / the reference's; below 1, ours is faster
 *   differ  largest difference of the values; marked with ! beyond the tolerance, which allows for
 *           references that compute in float32
 *
 * --cpu compares processor time in place of the clock, all threads added up, on one thread only: for a
 * machine that has other work. --python names the interpreter (also: the environment variable PYTHON), which needs NumPy; a reference
 * that it cannot import is reported as absent. --scale 0.01 takes a hundredth of the data.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

import { z } from 'zod';

import { createRandom } from '../scoring/random.ts';
import { encodeNpy } from '../tasks/data/npy.ts';
import { CASES, type Prepared } from './metrics/cases.ts';

process.env['ORT_DISABLE_TELEMETRY'] = '1';

const { values: options } = parseArgs({
  options: {
    python: { type: 'string', default: process.env['PYTHON'] ?? 'python3' },
    only: { type: 'string' },
    repeats: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '30' },
    scale: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    cpu: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const repeats = Number(options.repeats);
const seconds = Number(options.seconds);
const names = options.only?.split(',') ?? CASES.map(({ metric }) => metric);

const ReferenceSchema = z.array(
  z.union([
    z.object({ reference: z.string(), absent: z.string() }),
    z.object({ reference: z.string(), values: z.array(z.number()), ms: z.number() }),
  ]),
);

interface Row {
  metric: string;
  size: string;
  reference: string;
  ours: number;
  theirs: number | null;
  difference: number | null;
  agrees: boolean | null;
  ours_ms: number;
  one_thread_ms: number | null;
  default_threads_ms: number | null;
  absent: string | null;
}

/** Milliseconds: of the clock, or with --cpu of this process's work. */
function clock(): number {
  if (!options.cpu) return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function measureOurs(
  compute: Prepared['compute'],
): Promise<{ values: number[]; ms: number }> {
  const began = performance.now();
  let best = Infinity;
  let value: Awaited<ReturnType<Prepared['compute']>> = null;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const started = clock();
    value = await compute();
    best = Math.min(best, clock() - started);
    if (performance.now() - began > 1000 * seconds) break;
  }
  const list = typeof value === 'number' || value === null ? [value ?? NaN] : value;
  return { values: [...list], ms: best };
}

/** @param threads 0 for as many as the libraries take by themselves. */
async function measureReferences(metric: string, folder: string, threads: number) {
  const script = fileURLToPath(new URL('metrics/reference.py', import.meta.url));
  const limits = ['OMP', 'OPENBLAS', 'MKL', 'NUMEXPR', 'VECLIB_MAXIMUM'].map(
    (library) => [`${library}_NUM_THREADS`, String(threads)] as const,
  );
  const { stdout } = await promisify(execFile)(
    options.python,
    [
      script,
      metric,
      folder,
      ...['--repeats', String(repeats)],
      ...['--seconds', String(seconds)],
      ...['--threads', String(threads)],
      ...(options.cpu ? ['--cpu'] : []),
    ],
    {
      env: threads === 0 ? process.env : { ...process.env, ...Object.fromEntries(limits) },
      maxBuffer: 2 ** 26,
    },
  );
  return ReferenceSchema.parse(JSON.parse(stdout));
}

async function writeData(folder: string, { arrays, texts }: Prepared): Promise<void> {
  for (const [name, array] of Object.entries(arrays ?? {})) {
    await writeFile(path.join(folder, `${name}.npy`), encodeNpy(array));
  }
  for (const [name, list] of Object.entries(texts ?? {})) {
    await writeFile(path.join(folder, `${name}.json`), JSON.stringify(list));
  }
}

async function measure(name: string): Promise<Row[]> {
  const found = CASES.find(({ metric }) => metric === name);
  if (found === undefined) {
    const known = CASES.map(({ metric }) => metric).join(', ');
    throw new RangeError(`there is no case ${name}; the cases are ${known}`);
  }
  const prepared = found.prepare(createRandom(Number(options.seed)), Number(options.scale));
  const folder = await mkdtemp(path.join(tmpdir(), 'certamen-metrics-'));
  try {
    await writeData(folder, prepared);
    const ours = await measureOurs(prepared.compute);
    const single = await measureReferences(name, folder, 1);
    const free = options.cpu ? [] : await measureReferences(name, folder, 0);
    return single.map((one): Row => {
      const row = {
        metric: name,
        size: prepared.size,
        ours: ours.values[0] ?? NaN,
        ours_ms: ours.ms,
      };
      if ('absent' in one) {
        return {
          ...row,
          reference: one.reference,
          theirs: null,
          difference: null,
          agrees: null,
          one_thread_ms: null,
          default_threads_ms: null,
          absent: one.absent,
        };
      }
      const many = free.find(({ reference }) => reference === one.reference);
      const differences = ours.values.map((value, i) => Math.abs(value - (one.values[i] ?? NaN)));
      const difference = Math.max(...differences);
      return {
        ...row,
        reference: one.reference,
        theirs: one.values[0] ?? NaN,
        difference,
        agrees: difference <= found.tolerance * Math.max(1, Math.abs(one.values[0] ?? NaN)),
        one_thread_ms: one.ms,
        default_threads_ms: many !== undefined && 'ms' in many ? many.ms : null,
        absent: null,
      };
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function cells(row: Row): string[] {
  const ms = (value: number | null) => (value === null ? '' : value.toPrecision(3));
  const ratio = (value: number | null) =>
    value === null ? '' : (row.ours_ms / value).toPrecision(2);
  if (row.absent !== null) {
    const [metric, size, ours] = [row.metric, row.size, row.ours.toPrecision(7)];
    return [metric, size, row.reference, ours, 'absent', '', ms(row.ours_ms), '', '', '', ''];
  }
  return [
    row.metric,
    row.size,
    row.reference,
    row.ours.toPrecision(7),
    row.theirs?.toPrecision(7) ?? '',
    `${row.difference?.toExponential(0) ?? ''}${row.agrees === false ? ' !' : ''}`,
    ms(row.ours_ms),
    ms(row.one_thread_ms),
    ratio(row.one_thread_ms),
    ms(row.default_threads_ms),
    ratio(row.default_threads_ms),
  ];
}

const HEADERS = [
  'metric',
  'size',
  'reference',
  'ours',
  'theirs',
  'differ',
  'our ms',
  'ms, 1 thread',
  'ratio',
  'ms, default threads',
  'ratio',
];

function table(rows: readonly Row[]): string {
  // With --cpu there are no figures for several threads.
  const columns = options.cpu ? HEADERS.length - 2 : HEADERS.length;
  const lines = [HEADERS, ...rows.map(cells)].map((line) => line.slice(0, columns));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(3, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const shown = lines.map(
    (line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`,
  );
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |\n`;
  return [shown[0] ?? '', rule, ...shown.slice(1)].join('');
}

const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.versions.node}`;
const rows: Row[] = [];
for (const name of names) {
  rows.push(...(await measure(name)));
  if (!options.json) process.stderr.write(`${name} measured\n`);
}
process.stdout.write(
  options.json
    ? `${JSON.stringify({ machine, repeats, scale: Number(options.scale), rows }, null, 2)}\n`
    : `${machine}; best of ${repeats}, ours on 1 thread${options.cpu ? ', processor time' : ''}\n\n${table(rows)}`,
);
