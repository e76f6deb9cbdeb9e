import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';

import type { Metric, Report, ReportValue } from '../scoring/metric.ts';
import { ALL_METRICS, findMetric } from '../scoring/registry.ts';
import { EXIT, UsageError, type Command } from './command.ts';
import { reportFailure } from './failure-report.ts';
import { JUDGE_HELP, JUDGE_OPTIONS, type JudgeValues } from './judge-options.ts';
import { JsonError } from './json-reader.ts';
import { STREAMED, reportOfLines, reportOfObject } from './metric-stream.ts';

/** Files below are read whole, in one pass; the answer is the same. */
const STREAM_FROM_BYTES = 16 * 2 ** 20;

const help = `
certamen metric NAME --input FILE|- [--json]
certamen metric NAME --input FILE|- --format jsonl [--k N] [--tie RULE] [--json]
certamen metric NAME --judge JUDGE.onnx --fake FILE.npy [--real FILE.npy] [options] [--json]
certamen metric --list [--json]

Computes one metric from a JSON file (- for standard input) and prints its value. What each metric
reads, and what it does with ties, empty input and missing classes, is in docs/metrics.md.

  --input FILE     the metric's input as JSON; - reads standard input
  --format FORMAT  json: one object. jsonl: one object for each row, such as {"scores":[0.1,0.9],"label":1}
                   or {"predictions":[3,1],"groundTruth":3}. The default goes by the name of the file
  --k N            with jsonl: how many guesses count (topk_scores, ilsvrc_flat_error)
  --tie RULE       with jsonl: pessimistic (the default), optimistic, highest-index or lowest-index
  --list           every metric: name, direction, range, definition, source
  --json           print one JSON object: { "value": ..., ... }

JSON Lines are for ${STREAMED.join(', ')},
which read files of any size in flat memory, in both formats.
A field that the metric does not know is ignored, null is as good as not given, and a key that
stands twice is refused. A value that is not defined is printed as "undefined", infinity as "Infinity".

${JUDGE_HELP}

Exit codes: 0 done, 2 usage or input that does not fit, 3 the judge failed, 5 the system failed.
`;

export const metric: Command = {
  name: 'metric',
  summary: 'compute one metric from a JSON file, or list the metrics',
  help,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        input: { type: 'string' },
        format: { type: 'string' },
        k: { type: 'string' },
        tie: { type: 'string' },
        list: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        ...JUDGE_OPTIONS,
      },
    });
    if (values.list) {
      process.stdout.write(values.json ? listAsJson() : listAsText());
      return EXIT.done;
    }
    const [name, ...others] = positionals;
    if (name === undefined || others.length > 0)
      throw new UsageError('name one metric; --list shows them');
    try {
      const metric = findMetric(name);
      const report =
        values.judge === undefined
          ? await reportOfInput(metric, values)
          : await reportOfImages(metric, values);
      process.stdout.write(values.json ? asJson(report) : asText(report));
      return EXIT.done;
    } catch (error) {
      if (error instanceof JsonError) {
        throw new UsageError(`the input is not JSON: ${error.message}`);
      }
      if (error instanceof RangeError) throw new UsageError(error.message);
      return reportFailure(error, values.json);
    }
  },
};

const INPUT_OPTIONS = ['input', 'format', 'k', 'tie'] as const;

/** Options of one way of giving input, that mean nothing with the other. */
function refuse(
  values: Readonly<Record<string, unknown>>,
  options: readonly string[],
  why: string,
): void {
  const given = options.filter((option) => values[option] !== undefined);
  if (given.length > 0) throw new UsageError(`--${given.join(', --')} ${why}`);
}

async function reportOfInput(
  metric: Metric,
  values: Flags & { readonly input?: string | undefined },
): Promise<Report> {
  if (values.input === undefined) throw new UsageError('--input is needed: a file, or -');
  refuse({ ...values }, Object.keys(JUDGE_OPTIONS), 'goes with --judge');
  return readReport(metric, values.input, values);
}

/** The sandbox is loaded only where a judge has to run. */
async function reportOfImages(metric: Metric, values: JudgeValues): Promise<Report> {
  refuse({ ...values }, INPUT_OPTIONS, 'does not go with --judge');
  const { reportWithJudge } = await import('./metric-judge.ts');
  return reportWithJudge(metric.name, values);
}

interface Flags {
  readonly format?: string | undefined;
  readonly k?: string | undefined;
  readonly tie?: string | undefined;
}

async function readReport(metric: Metric, input: string, flags: Flags): Promise<Report> {
  const format = flags.format ?? (path.extname(input) === '.jsonl' ? 'jsonl' : 'json');
  if (format !== 'json' && format !== 'jsonl') {
    throw new UsageError(`--format is json or jsonl, not '${format}'`);
  }
  const { k, tie } = flags;
  if (format === 'json' && (k !== undefined || tie !== undefined)) {
    throw new UsageError('--k and --tie are for JSON Lines; one object has them as fields');
  }
  if (!STREAMED.includes(metric.name) && format === 'json') {
    return metric.report(parseJson(await readText(input)));
  }
  return withFile(input, async (file, bytes) => {
    if (format === 'jsonl') {
      return reportOfLines(metric, file, {
        ...(k === undefined ? {} : { k: Number(k) }),
        ...(tie === undefined ? {} : { tie }),
      });
    }
    if (bytes >= STREAM_FROM_BYTES) return reportOfObject(metric, file);
    return metric.report(parseJson(await readText(file)));
  });
}

async function readText(input: string): Promise<string> {
  if (input === '-') return text(process.stdin);
  return readFile(input, 'utf8').catch((error: unknown) => {
    throw unreadable(input, error);
  });
}

function unreadable(input: string, error: unknown): UsageError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new UsageError(`there is no file '${input}'`);
  if (code === 'EISDIR') return new UsageError(`'${input}' is a folder, not a file`);
  return new UsageError(`'${input}' cannot be read (${code ?? 'unknown error'})`);
}

function parseJson(source: string): unknown {
  // Some editors begin a file with a byte order mark. Standard input loses it on its way in.
  const plain = source.startsWith('\uFEFF') ? source.slice(1) : source;
  let parsed: unknown;
  try {
    parsed = JSON.parse(plain);
  } catch (error) {
    throw new JsonError((error as Error).message);
  }
  checkNoKeyTwice(plain);
  return parsed;
}

/**
 * JSON.parse keeps the last of several members with one name, so an id that stands twice would go unseen.
 *
 * @param source valid JSON.
 * @throws UsageError naming the first key that an object has twice.
 */
function checkNoKeyTwice(source: string): void {
  const open: Set<string>[] = [];
  const marks = /["{}]/g;
  const colon = /\s*:/y;
  for (let mark = marks.exec(source); mark !== null; mark = marks.exec(source)) {
    if (mark[0] === '{') open.push(new Set());
    else if (mark[0] === '}') open.pop();
    else {
      const end = endOfText(source, mark.index);
      marks.lastIndex = end;
      colon.lastIndex = end;
      if (!colon.test(source)) continue;
      const key = JSON.parse(source.slice(mark.index, end)) as string;
      if (open.at(-1)?.has(key) === true)
        throw new UsageError(`the input has the key '${key}' twice`);
      open.at(-1)?.add(key);
    }
  }
}

/** @returns the place behind the quotation mark that ends the text which begins at `start`. */
function endOfText(source: string, start: number): number {
  let end = source.indexOf('"', start + 1);
  for (;;) {
    let slashes = 0;
    while (source[end - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return end + 1;
    end = source.indexOf('"', end + 1);
  }
}

/** Standard input goes through a file of its own, since some forms are read twice. */
async function withFile<T>(
  input: string,
  use: (file: string, bytes: number) => Promise<T>,
): Promise<T> {
  if (input !== '-') {
    const found = await stat(input).catch((error: unknown) => {
      throw unreadable(input, error);
    });
    if (found.isDirectory()) throw unreadable(input, { code: 'EISDIR' });
    return use(input, found.size);
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'certamen-metric-'));
  try {
    const file = path.join(folder, 'input');
    await pipeline(process.stdin, createWriteStream(file, { mode: 0o600 }));
    return await use(file, (await stat(file)).size);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function isObject(value: ReportValue): value is Readonly<Record<string, ReportValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON has no infinity and no "undefined": both are written as words. What is no number is not defined. */
export function printable(value: ReportValue): ReportValue {
  if (value === null || Number.isNaN(value)) return 'undefined';
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) return (value as readonly ReportValue[]).map(printable);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, printable(inner)]));
}

/** Where the value is an object its parts stand beside it too, so that `.ade` is as good as `.value.ade`. */
function asJson(report: Report): string {
  const { value, ...others } = report;
  const parts = isObject(value) ? value : {};
  return `${JSON.stringify(printable({ value, ...parts, ...others }))}\n`;
}

function asText(report: Report): string {
  return Object.entries(report)
    .map(([key, value]) => {
      const shown = printable(value);
      return `${key}: ${typeof shown === 'string' ? shown : JSON.stringify(shown)}\n`;
    })
    .join('');
}

function listAsJson(): string {
  const items = ALL_METRICS.map((item) => ({
    name: item.name,
    domain: item.domain,
    direction: direction(item),
    range: item.range === null ? null : printable([...item.range]),
    definition: item.definition.en,
    source: item.source,
  }));
  return `${JSON.stringify(items, null, 2)}\n`;
}

function listAsText(): string {
  return ALL_METRICS.map((item) => {
    const range = item.range === null ? '' : `, [${item.range.map(String).join(', ')}]`;
    return `${item.name} (${direction(item)}${range})\n  ${item.definition.en}\n  Source: ${item.source}\n`;
  }).join('\n');
}

function direction({ higherIsBetter }: Metric): string {
  if (higherIsBetter === null) return 'not ranked';
  return higherIsBetter ? 'higher is better' : 'lower is better';
}
