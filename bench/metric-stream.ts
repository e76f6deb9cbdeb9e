/**
 * Rows a second and peak memory of `certamen metric top5_error` over a file of many rows, as JSON Lines and
 * as the single object that every metric reads.
 *
 *   node bench/metric-stream.ts [--rows 1000000] [--classes 10]
 *
 * The file holds seeded scores with all their digits; it lies in the temporary folder and is removed.
 */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { createRandom } from '../scoring/random.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    classes: { type: 'string', default: '10' },
  },
});
const rows = Number(values.rows);
const classes = Number(values.classes);
const METRIC = 'top5_error';
const MIB = 2 ** 20;
const LAUNCHER = fileURLToPath(new URL('../bin/certamen.js', import.meta.url));

/**
 * The high-water mark of the process itself: what getrusage says begins with the memory of the process
 * that started it.
 */
const REPORT_PEAK = `
  import { readFileSync } from 'node:fs';
  process.on('exit', () => {
    const kib = process.platform === 'linux'
      ? /VmHWM:\\s+(\\d+)/u.exec(readFileSync('/proc/self/status', 'utf8'))[1]
      : process.resourceUsage().maxRSS;
    const { user, system } = process.cpuUsage();
    process.stderr.write('peak ' + kib + ' cpu ' + (user + system));
  });
`;

/** Rows of a thousand, each row as its scores in JSON and its label. */
function* draw(): Generator<{ scores: string; label: number }[]> {
  const random = createRandom(4);
  for (let made = 0; made < rows; made += 1000) {
    yield Array.from({ length: Math.min(1000, rows - made) }, () => {
      const scores = Array.from(
        { length: classes },
        () => (random.nextUint32() + random.nextUint32() / 2 ** 32) / 2 ** 32,
      );
      return { scores: `[${scores.join(',')}]`, label: random.nextBelow(classes) };
    });
  }
}

function* lines(): Generator<string> {
  for (const part of draw()) {
    yield part.map(({ scores, label }) => `{"scores":${scores},"label":${label}}\n`).join('');
  }
}

function* object(): Generator<string> {
  const labels: number[] = [];
  yield '{"scores":[';
  for (const part of draw()) {
    yield (labels.length === 0 ? '' : ',') + part.map(({ scores }) => scores).join(',');
    for (const { label } of part) labels.push(label);
  }
  yield `],"labels":[${labels.join(',')}]}`;
}

interface Measured {
  readonly value: unknown;
  /** By the clock, and on processors. */
  readonly seconds: number;
  readonly busySeconds: number;
  readonly mib: number;
}

async function measure(file: string): Promise<Measured> {
  const started = performance.now();
  const probe = `data:text/javascript,${encodeURIComponent(REPORT_PEAK)}`;
  const child = spawn(
    process.execPath,
    ['--import', probe, LAUNCHER, 'metric', METRIC, '--input', file, '--json'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const seconds = (performance.now() - started) / 1000;
  const said = /peak (\d+) cpu (\d+)/u.exec(err);
  if (said === null || out === '') throw new Error(`the command failed: ${err}`);
  const { value } = JSON.parse(out) as { value: unknown };
  return {
    ...{ value, seconds },
    busySeconds: Number(said[2]) / 1e6,
    mib: (Number(said[1]) * 1024) / MIB,
  };
}

const folder = await mkdtemp(path.join(tmpdir(), 'certamen-bench-'));
try {
  process.stdout.write(
    `${METRIC}, ${rows} rows of ${classes} classes; ${cpus()[0]?.model ?? 'unknown processor'}, ` +
      `${availableParallelism()} cores, Node ${process.versions.node}\n\n` +
      '| form | file, MiB | seconds | of processor | rows/s | peak, MiB | value |\n' +
      '| --- | --- | --- | --- | --- | --- | --- |\n',
  );
  for (const [form, name, write] of [
    ['JSON Lines', 'rows.jsonl', lines],
    ['one object', 'rows.json', object],
  ] as const) {
    const file = path.join(folder, name);
    await pipeline(Readable.from(write()), createWriteStream(file));
    const { size } = await stat(file);
    const { value, seconds, busySeconds, mib } = await measure(file);
    await rm(file);
    const cells = [
      ...[form, (size / MIB).toFixed(0), seconds.toFixed(2), busySeconds.toFixed(2)],
      ...[(rows / seconds).toFixed(0), mib.toFixed(0), String(value)],
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
