/** What the registry declares of its metrics, for pages and docs that never compute one. */
import { z } from 'zod';

import type { Localized, Metric, MetricFacts } from '../../scoring/metric.ts';
import { ALL_METRICS } from '../../scoring/registry.ts';

export interface InputField {
  readonly name: string;
  readonly required: boolean;
  /** As JSON writes them; empty where anything of the right form goes. */
  readonly choices: readonly string[];
  /** What is taken where the field is absent, as JSON writes it; null for nothing. */
  readonly fallback: string | null;
}

export interface MetricView extends MetricFacts {
  /** What an interval resamples, such as an image; null where the metric does not decompose into items. */
  readonly item: Localized | null;
  /** Fields of the JSON that it reads; several lists where there are several forms of it. */
  readonly input: readonly (readonly InputField[])[];
}

const VIEWS: readonly MetricView[] = ALL_METRICS.map(toView);
const BY_NAME: ReadonlyMap<string, MetricView> = new Map(VIEWS.map((view) => [view.name, view]));

/** Every metric, those of a domain together. */
export function listMetrics(): readonly MetricView[] {
  return VIEWS;
}

/** Null for a name that the registry does not have. */
export function findMetric(name: string): MetricView | null {
  return BY_NAME.get(name) ?? null;
}

function toView(metric: Metric): MetricView {
  const { name, domain, title, higherIsBetter, range, unit } = metric;
  const { aggregation, definition, edgeCases, source, itemwise, input } = metric;
  return {
    ...{ name, domain, title, higherIsBetter, range, unit },
    ...{ aggregation, definition, edgeCases, source },
    item: itemwise?.item ?? null,
    input: inputForms(input),
  };
}

/** The parts of a JSON Schema that are looked at. */
interface Schema {
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
}

function inputForms(input: z.ZodType): InputField[][] {
  const schema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) as Schema;
  return (schema.anyOf ?? [schema]).map(({ properties = {}, required = [] }) =>
    Object.entries(properties).map(([name, field]) => ({
      name,
      required: required.includes(name),
      choices: choicesOf(field).map((choice) => JSON.stringify(choice)),
      fallback: field.default == null ? null : JSON.stringify(field.default),
    })),
  );
}

/** Empty as soon as one of the alternatives is open. */
function choicesOf(schema: Schema): unknown[] {
  if (schema.anyOf !== undefined) {
    const parts = schema.anyOf.map(choicesOf);
    return parts.some((part) => part.length === 0) ? [] : parts.flat();
  }
  if (schema.const !== undefined) return [schema.const];
  return [...(schema.enum ?? [])];
}
