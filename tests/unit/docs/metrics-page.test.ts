import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import prettier from 'prettier';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import type { Localized } from '../../../scoring/metric.ts';
import { ALL_METRICS } from '../../../scoring/registry.ts';
import { listMetrics, type InputField, type MetricView } from '../../../server/services/metrics.ts';
import { en } from '../../../views/locales/en.ts';

const PAGE = path.resolve(import.meta.dirname, '../../../docs/metrics.md');

const VECTORS = path.resolve(import.meta.dirname, '../../fixtures/vectors');

const VectorsSchema = z.object({
  cases: z.array(z.object({ input: z.record(z.string(), z.unknown()), verified: z.boolean() })),
});

const metrics = listMetrics();
const domains = [...new Set(metrics.map(({ domain }) => domain))];

const DIRECTIONS = new Map<MetricView['higherIsBetter'], string>([
  [true, 'higher is better'],
  [false, 'lower is better'],
  [null, 'ranks nothing'],
]);
const UNITS: Readonly<Record<MetricView['unit'], string>> = {
  rate: ', shown as percent',
  decibel: ' dB',
  bits: ' bits',
  number: '',
};

function plain(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|#~]/gu, '\\$&').replaceAll(/\s+/gu, ' ');
}

function row(...cells: string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function range({ range: ends, unit }: MetricView): string {
  return ends === null ? 'no single number' : `${ends[0]} to ${ends[1]}${UNITS[unit]}`;
}

function fieldText({ name, required, choices, fallback }: InputField): string {
  const notes = [
    ...(required ? [] : ['optional']),
    ...(choices.length > 0
      ? [`one of ${choices.map((choice) => `\`${choice}\``).join(', ')}`]
      : []),
    ...(fallback === null ? [] : [`default \`${fallback}\``]),
  ];
  return `\`${name}\`${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`;
}

const LONGEST_EXAMPLE = 400;

/** The shortest case of the public vectors that the metric reads: those of its name first. */
function exampleOf({ name, domain, input: forms }: MetricView): string | null {
  const metric = ALL_METRICS.find((candidate) => candidate.name === name);
  const siblings = metrics.filter((other) => other.domain === domain).map((other) => other.name);
  const known = new Set(forms.flatMap((form) => form.map((field) => field.name)));
  for (const file of [name, ...siblings]) {
    const vectors = path.join(VECTORS, `${file}.json`);
    if (!existsSync(vectors)) continue;
    const { cases } = VectorsSchema.parse(JSON.parse(readFileSync(vectors, 'utf8')));
    const inputs = cases
      .filter(({ verified }) => verified)
      .filter(({ input }) => metric?.input.safeParse(input).success)
      .filter(({ input }) => Object.keys(input).every((key) => file === name || known.has(key)))
      .map(({ input }) => JSON.stringify(input).replaceAll(/([,:])(?=\S)/gu, '$1 '))
      .toSorted((a, b) => a.length - b.length);
    const [shortest] = inputs;
    if (shortest !== undefined && shortest.length <= LONGEST_EXAMPLE) return shortest;
  }
  return null;
}

function section(metric: MetricView): string {
  const { name, title, higherIsBetter, aggregation, definition, edgeCases, source, item, input } =
    metric;
  const example = exampleOf(metric);
  const interval =
    item === null
      ? 'does not decompose into items'
      : `bootstrap over items, each of them: ${plain(item.en)}`;
  return `### ${name}

${plain(title.en)}.

- **Direction:** ${DIRECTIONS.get(higherIsBetter) ?? ''}
- **Range:** ${range(metric)}
- **Aggregation:** ${plain(aggregation.en)}
- **Definition:** ${plain(definition.en)}
- **Edge cases:** ${plain(edgeCases.en)}
- **Interval:** ${interval}
- **Source:** ${plain(source)}
- **Input:** ${input.map((form) => form.map(fieldText).join(', ')).join('; or ')}
${example === null ? '' : `\n<!-- prettier-ignore -->\n\`\`\`json\n${example}\n\`\`\`\n`}`;
}

/** The page, made from what stands beside the code of each metric. */
async function renderPage(): Promise<string> {
  const text = `# Metrics

Every metric by domain: what it is, which way is better, how items become one number, and what happens at the edges. The site shows the
same under \`/metrics\` in English and Spanish. Each of them answers on the command line:

\`\`\`sh
npx certamen metric NAME --input case.json --json
npx certamen metric --list
\`\`\`

A score that is not defined is \`undefined\` and ranks last; it is never 0. NaN and infinity in an input are refused.

This page is made from the registry of metrics by \`npx vitest run tests/unit/docs -u\`.

${domains
  .map((domain) => {
    const ofDomain = metrics.filter((metric) => metric.domain === domain);
    return `## ${en[`domain.${domain}`]}

<!-- prettier-ignore -->
${[
  row('Name', 'Title', 'Direction', 'Range'),
  row('---', '---', '---', '---'),
  ...ofDomain.map((metric) =>
    row(
      `[\`${metric.name}\`](#${metric.name})`,
      plain(metric.title.en),
      DIRECTIONS.get(metric.higherIsBetter) ?? '',
      range(metric),
    ),
  ),
].join('\n')}

${ofDomain.map(section).join('\n')}`;
  })
  .join('\n')}`;
  const style = await prettier.resolveConfig(PAGE);
  return prettier.format(text, { ...style, parser: 'markdown' });
}

describe('the reference page of metrics', () => {
  it('says of every metric what the registry says', async () => {
    await expect(await renderPage()).toMatchFileSnapshot(PAGE);
  });
});

describe('the registry of metrics', () => {
  it('has no name twice and no name that an address would change', () => {
    const names = metrics.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(names.filter((name) => !/^[a-z][a-z0-9_]*$/u.test(name))).toEqual([]);
  });

  it('keeps the metrics of a domain together', () => {
    const runs = metrics
      .map(({ domain }) => domain)
      .filter((domain, index, all) => domain !== all[index - 1]);
    expect(runs).toEqual(domains);
  });

  it.each(metrics)('has every text of $name in both languages', (metric) => {
    const { title, aggregation, definition, edgeCases, item } = metric;
    const texts: Localized[] = [title, aggregation, definition, edgeCases, ...(item ? [item] : [])];
    for (const { en: english, es: spanish } of texts) {
      for (const text of [english, spanish]) {
        expect(text).toMatch(/\S/u);
        expect(text).toBe(text.trim());
        expect(text).not.toMatch(/!|¡|  |\n/u);
      }
    }
    expect(`${definition.en} ${edgeCases.en}`, 'sentences in English').toMatch(
      /\b(?:the|an?|of|is|and)\b/iu,
    );
    expect(`${definition.es} ${edgeCases.es}`, 'sentences in Spanish').toMatch(
      /\b(?:el|las?|los|del?|una?|es|y)\b/iu,
    );
    expect(definition.es).not.toBe(definition.en);
    expect(edgeCases.es).not.toBe(edgeCases.en);
    expect(metric.source).toMatch(/\S/u);
  });
});
