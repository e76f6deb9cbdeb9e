import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';

import type { Metric, Report, ReportValue } from '../scoring/metric.ts';
import { ALL_METRICS, findMetric } from '../scoring/registry.ts';
import { EXIT, UsageError, type Command } from './command.ts';

const help = `
certamen metric NAME --input FILE|- [--json]
certamen metric --list [--json]

Computes one metric from a JSON file (- for standard input) and prints its value. What each metric
reads, and what it does with ties, empty input and missing classes, is in docs/metrics.md.

  --input FILE     the metric's input as JSON; - reads standard input
  --list           every metric: name, direction, range, definition, source
  --json           print one JSON object: { "value": ..., ... }

A value that is not defined is printed as "undefined", infinity as "Infinity".
Exit codes: 0 done, 2 usage or input that does not fit.
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
        list: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    if (values.list) {
      process.stdout.write(values.json ? listAsJson() : listAsText());
      return EXIT.done;
    }
    const [name, ...others] = positionals;
    if (name === undefined || others.length > 0) throw new UsageError('name one metric');
    if (values.input === undefined) throw new UsageError('--input is needed: a file, or -');
    try {
      const report = findMetric(name).report(await readInput(values.input));
      process.stdout.write(values.json ? asJson(report) : asText(report));
      return EXIT.done;
    } catch (error) {
      if (error instanceof RangeError) throw new UsageError(error.message);
      throw error;
    }
  },
};

async function readInput(path: string): Promise<unknown> {
  const source =
    path === '-'
      ? await text(process.stdin)
      : await readFile(path, 'utf8').catch(() => {
          throw new UsageError(`there is no file '${path}'`);
        });
  try {
    return JSON.parse(source) as unknown;
  } catch (error) {
    throw new UsageError(`the input is not JSON: ${(error as Error).message}`);
  }
}

function isObject(value: ReportValue): value is Readonly<Record<string, ReportValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON has no infinity and no "undefined": both are written as words. */
export function printable(value: ReportValue): ReportValue {
  if (value === null) return 'undefined';
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
