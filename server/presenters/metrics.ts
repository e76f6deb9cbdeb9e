import { numberFormat } from '../../views/formatters.ts';
import { percent, percentNumber } from '../../views/helpers.ts';
import {
  formatNumber,
  isMessageKey,
  localized,
  translate,
  type Language,
} from '../../views/language.ts';
import { findMetric, type MetricView } from '../services/metrics.ts';

/** A number ready to be set: digits and unit apart, so that decimals align. */
export interface Figure {
  readonly number: string;
  readonly unit: string;
  /** Both together, for sentences and labels. */
  readonly text: string;
}

/** The registry's title; a name that it does not have stands for itself. */
export function metricName(
  language: Language,
  metric: string,
  form: 'name' | 'short' = 'name',
): string {
  const short = `metric.${metric}.short`;
  if (form === 'short' && isMessageKey(short)) return translate(language, short);
  const view = findMetric(metric);
  return view === null ? metric : localized(language, view.title);
}

/** What it measures in one sentence: the first of its definition where the catalogue has none. */
export function metricSentence(language: Language, metric: string): string {
  const written = writtenSentence(language, metric);
  if (written !== null) return written;
  const view = findMetric(metric);
  return view === null ? '' : (sentences(language, localized(language, view.definition))[0] ?? '');
}

function writtenSentence(language: Language, metric: string): string | null {
  const key = `metric.${metric}.sentence`;
  return isMessageKey(key) ? translate(language, key) : null;
}

/** Null where there is no page that defines the metric. */
export function metricHref(metric: string): string | null {
  return findMetric(metric) === null ? null : `/metrics/${metric}`;
}

export function directionText(language: Language, higherIsBetter: boolean): string {
  return translate(language, higherIsBetter ? 'word.higher_is_better' : 'word.lower_is_better');
}

/** Fraction digits of a number that is no rate: five digits in all, at most four of them decimals. */
function fractionDigits(value: number): number {
  const whole = Math.max(1, Math.floor(Math.log10(Math.max(Math.abs(value), 1))) + 1);
  return Math.max(0, Math.min(4, 5 - whole));
}

/** Of decibels, and of differences of rates in points. */
const RATE_DIGITS = 2;

/**
 * Rates as percent and decibels, both with two decimals; other numbers with five digits. Null is "undefined".
 *
 * @param metric gives the unit; one that the registry does not have is a plain number.
 */
export function figure(language: Language, metric: string, value: number | null): Figure {
  if (value === null) {
    const text = translate(language, 'metric.undefined');
    return { number: text, unit: '', text };
  }
  const unit = findMetric(metric)?.unit ?? 'number';
  if (unit === 'rate') {
    return { number: percentNumber(language, value), unit: '%', text: percent(language, value) };
  }
  const digits = unit === 'decibel' ? RATE_DIGITS : fractionDigits(value);
  const number = numberFormat(language, digits, digits).format(value);
  if (unit === 'number') return { number, unit: '', text: number };
  const word = translate(language, `unit.${unit}`);
  return { number, unit: `\u202f${word}`, text: `${number}\u202f${word}` };
}

/**
 * A difference of two scores: rates in percentage points, everything else in the unit of the metric. The
 * minus is a minus and no hyphen.
 *
 * @param digits decimals; absent: as many as a score of the metric has.
 */
export function differenceFigure(
  language: Language,
  metric: string,
  value: number,
  digits?: number,
): Figure {
  const unit = findMetric(metric)?.unit ?? 'number';
  const shown = unit === 'rate' ? value * 100 : value;
  const decimals =
    digits ?? (unit === 'rate' || unit === 'decibel' ? RATE_DIGITS : fractionDigits(shown));
  const number = shown
    .toLocaleString(language, {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
      // No "-0.00".
      signDisplay: 'negative',
    })
    .replace('-', '−');
  if (unit === 'number') return { number, unit: '', text: number };
  const word = translate(language, unit === 'rate' ? 'unit.points' : `unit.${unit}`);
  return { number, unit: word, text: `${number}\u00a0${word}` };
}

/** Whether score times rows is a number of images that the model got wrong. */
export function countsErrors(metric: string): boolean {
  return metric === 'top1_error' || metric === 'top5_error';
}

/** A text as its sentences. What follows an abbreviation in lower case or as a number still belongs to it. */
export function sentences(language: Language, text: string): string[] {
  const segmenter = new Intl.Segmenter(language, { granularity: 'sentence' });
  const found: string[] = [];
  for (const { segment } of segmenter.segment(text)) {
    const last = found.at(-1);
    const goesOn = last !== undefined && ABBREVIATION.test(last) && !/^\p{Lu}/u.test(segment);
    if (goesOn) found[found.length - 1] = `${last} ${segment.trim()}`;
    else found.push(segment.trim());
  }
  return found;
}

const ABBREVIATION = /\b(?:al|cf|e\.g|i\.e|vs|p\. ej)\.$/u;

/** Where a value lies between worst and best, as a line with two ends. */
export interface RangeLine {
  readonly low: string;
  readonly high: string;
  /** Open ends are drawn as going on. */
  readonly low_open: boolean;
  readonly high_open: boolean;
  readonly better_low: boolean;
  readonly better_high: boolean;
}

export interface MetricPage {
  readonly name: string;
  readonly title: string;
  readonly domain: string;
  readonly domain_href: string;
  /** Null where the definition says it all. */
  readonly sentence: string | null;
  readonly direction: string;
  readonly range: RangeLine | null;
  readonly range_text: string;
  readonly aggregation: string;
  readonly definition: string;
  readonly edge_cases: readonly string[];
  readonly interval: string;
  readonly command: string;
  /** Fields of the input; several lists where there are several forms of it. */
  readonly inputs: readonly (readonly { readonly name: string; readonly text: string }[])[];
  readonly source: string;
}

export function presentMetric(language: Language, metric: MetricView): MetricPage {
  const { name, domain, higherIsBetter, item } = metric;
  return {
    name,
    title: localized(language, metric.title),
    domain: translate(language, `domain.${domain}`),
    domain_href: `/metrics?domain=${domain}`,
    sentence: writtenSentence(language, name),
    direction: rankingText(language, higherIsBetter),
    range: metric.range === null ? null : rangeLine(language, metric, metric.range),
    range_text: rangeText(language, metric),
    aggregation: localized(language, metric.aggregation),
    definition: localized(language, metric.definition),
    edge_cases: sentences(language, localized(language, metric.edgeCases)),
    interval:
      item === null
        ? translate(language, 'metric.interval_none')
        : translate(language, 'metric.interval_items', { item: localized(language, item) }),
    command: `certamen metric ${name} --input case.json --json`,
    inputs: metric.input.map((form) =>
      form.map((field) => ({ name: field.name, text: fieldText(language, field) })),
    ),
    source: metric.source,
  };
}

function fieldText(
  language: Language,
  { required, choices, fallback }: MetricView['input'][number][number],
): string {
  return [
    ...(required ? [] : [translate(language, 'metric.field_optional')]),
    ...(choices.length === 0
      ? []
      : [translate(language, 'metric.field_choices', { choices: choices.join(', ') })]),
    ...(fallback === null
      ? []
      : [translate(language, 'metric.field_default', { value: fallback })]),
  ].join('; ');
}

export interface MetricQuery {
  readonly words: string;
  readonly domain: string;
}

export interface MetricsPage {
  readonly words: string;
  readonly total: number;
  readonly found: number;
  readonly filtered: boolean;
  readonly domains: readonly {
    readonly value: string;
    readonly label: string;
    readonly selected: boolean;
  }[];
  readonly groups: readonly {
    readonly id: string;
    readonly title: string;
    readonly items: readonly MetricItem[];
  }[];
}

interface MetricItem {
  readonly name: string;
  readonly href: string;
  readonly title: string;
  readonly sentence: string;
  /** up, down or none. */
  readonly look: 'up' | 'down' | 'none';
  readonly direction: string;
  readonly range: string;
}

/** Every word has to occur in name, title, definition or domain, whatever its case and accents. */
export function presentMetrics(
  language: Language,
  metrics: readonly MetricView[],
  query: MetricQuery,
): MetricsPage {
  const words = fold(query.words).split(/\s+/u).filter(Boolean);
  const domains = [...new Set(metrics.map(({ domain }) => domain))];
  const found = metrics.filter((metric) => {
    if (query.domain !== '' && metric.domain !== query.domain) return false;
    const text = fold(
      [
        metric.name,
        metric.name.replaceAll('_', ' '),
        localized(language, metric.title),
        localized(language, metric.definition),
        translate(language, `domain.${metric.domain}`),
      ].join(' '),
    );
    return words.every((word) => text.includes(word));
  });
  return {
    words: query.words,
    total: metrics.length,
    found: found.length,
    filtered: words.length > 0 || query.domain !== '',
    domains: domains.map((domain) => ({
      value: domain,
      label: translate(language, `domain.${domain}`),
      selected: domain === query.domain,
    })),
    groups: domains
      .map((domain) => ({
        id: domain,
        title: translate(language, `domain.${domain}`),
        items: found
          .filter((metric) => metric.domain === domain)
          .map((metric) => presentItem(language, metric)),
      }))
      .filter(({ items }) => items.length > 0),
  };
}

function presentItem(language: Language, metric: MetricView): MetricItem {
  const { name, title, higherIsBetter, range } = metric;
  return {
    name,
    href: `/metrics/${name}`,
    title: localized(language, title),
    sentence: metricSentence(language, name),
    look: higherIsBetter === null ? 'none' : higherIsBetter ? 'up' : 'down',
    direction: rankingText(language, higherIsBetter),
    range: range === null ? '–' : ends(language, metric, range).join(' – '),
  };
}

function rankingText(language: Language, higherIsBetter: boolean | null): string {
  return higherIsBetter === null
    ? translate(language, 'word.ranks_nothing')
    : directionText(language, higherIsBetter);
}

function ends(
  language: Language,
  { unit }: MetricView,
  range: readonly [number, number],
): [string, string] {
  const word = unit === 'decibel' || unit === 'bits' ? translate(language, `unit.${unit}`) : '';
  const write = (value: number, last: boolean) => {
    const number = Number.isFinite(value)
      ? formatNumber(language, value).replace('-', '−')
      : value > 0
        ? '∞'
        : '−∞';
    return last && word !== '' && Number.isFinite(value) ? `${number}\u202f${word}` : number;
  };
  return [write(range[0], false), write(range[1], true)];
}

function rangeText(language: Language, metric: MetricView): string {
  if (metric.range === null) return translate(language, 'metric.range_none');
  const [low, high] = ends(language, metric, metric.range);
  const key = metric.unit === 'rate' ? 'metric.range_rate' : 'metric.range_value';
  return translate(language, key, { low, high });
}

function rangeLine(
  language: Language,
  metric: MetricView,
  range: readonly [number, number],
): RangeLine {
  const [low, high] = ends(language, metric, range);
  const { higherIsBetter } = metric;
  return {
    low,
    high,
    low_open: !Number.isFinite(range[0]),
    high_open: !Number.isFinite(range[1]),
    better_low: higherIsBetter === false,
    better_high: higherIsBetter === true,
  };
}

/** Lower case, without accents. */
function fold(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/\p{Diacritic}/gu, '')
    .toLowerCase();
}
