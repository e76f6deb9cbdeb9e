import { percent, percentNumber } from '../../views/helpers.ts';
import { isMessageKey, translate, type Language } from '../../views/language.ts';

/** A number ready to be set: digits and unit apart, so that decimals align. */
export interface Figure {
  readonly number: string;
  readonly unit: string;
  /** Both together, for sentences and labels. */
  readonly text: string;
}

/** Facts of a metric that pages need; the code of metrics stays on the other side. */
const METRIC_PAGES = {
  top1_error: { higher_is_better: false, unit: 'percent' },
  top5_error: { higher_is_better: false, unit: 'percent' },
} as const satisfies Record<string, { higher_is_better: boolean; unit: 'percent' }>;

export type MetricPageName = keyof typeof METRIC_PAGES;

export function isMetricPageName(name: string): name is MetricPageName {
  return Object.hasOwn(METRIC_PAGES, name);
}

/** The published name where the catalogue has one, else the registry's. */
export function metricName(
  language: Language,
  metric: string,
  form: 'name' | 'short' = 'name',
): string {
  const key = `metric.${metric}.${form}`;
  return isMessageKey(key) ? translate(language, key) : metric;
}

export function metricSentence(language: Language, metric: string): string {
  const key = `metric.${metric}.sentence`;
  return isMessageKey(key) ? translate(language, key) : '';
}

/** Null where there is no page that defines the metric. */
export function metricHref(metric: string): string | null {
  return isMetricPageName(metric) ? `/metrics/${metric}` : null;
}

export function directionText(language: Language, higherIsBetter: boolean): string {
  return translate(language, higherIsBetter ? 'word.higher_is_better' : 'word.lower_is_better');
}

/** Rates as percent with two decimals, other metrics with four. Null is "undefined". */
export function figure(language: Language, metric: string, value: number | null): Figure {
  if (value === null) {
    const text = translate(language, 'metric.undefined');
    return { number: text, unit: '', text };
  }
  if (isMetricPageName(metric)) {
    return { number: percentNumber(language, value), unit: '%', text: percent(language, value) };
  }
  const number = value.toLocaleString(language, {
    minimumFractionDigits: 4,
    maximumFractionDigits: 4,
  });
  return { number, unit: '', text: number };
}

export interface MetricPage {
  readonly name: string;
  readonly title: string;
  readonly sentence: string;
  readonly direction: string;
  readonly definition: string;
  readonly ties: string;
  readonly source: string;
}

export function presentMetric(language: Language, name: MetricPageName): MetricPage {
  return {
    name,
    title: metricName(language, name),
    sentence: metricSentence(language, name),
    direction: directionText(language, METRIC_PAGES[name].higher_is_better),
    definition: translate(language, `metric.${name}.definition`),
    ties: translate(language, `metric.${name}.ties`),
    source: translate(language, `metric.${name}.source`),
  };
}
