import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { ItemStatistics, Metric } from '../../../scoring/metric.ts';

const FileSchema = z.object({
  cases: z.array(
    z.object({
      name: z.string(),
      input: z.unknown(),
      expected: z.unknown(),
      tolerance: z.number(),
    }),
  ),
});

/** Cases of one file of tests/fixtures/vectors, whose input and expected answer have the given shapes. */
export function readVectors<I, E>(
  name: string,
  input: z.ZodType<I>,
  expected: z.ZodType<E>,
): { name: string; input: I; expected: E; tolerance: number }[] {
  const file = path.resolve(import.meta.dirname, '../../fixtures/vectors', `${name}.json`);
  const { cases } = FileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  return cases.map((vector) => ({
    name: vector.name,
    input: input.parse(vector.input),
    expected: expected.parse(vector.expected),
    tolerance: vector.tolerance,
  }));
}

/** Cases of one file of tests/fixtures/vectors, as they stand. */
export function loadVectors(
  name: string,
): { name: string; input: unknown; expected: unknown; tolerance: number }[] {
  return readVectors(name, z.unknown(), z.unknown());
}

/**
 * Every place where a value is not the expected one: none when they agree. Numbers may differ by the
 * tolerance; null is what the vectors call "undefined", and infinities are written as words there.
 */
export function compare(
  value: unknown,
  expected: unknown,
  tolerance: number,
  place = 'value',
): string[] {
  const shown = value === null ? 'undefined' : value;
  if (typeof shown === 'number' && typeof expected === 'number') {
    const near = shown === expected || Math.abs(shown - expected) <= tolerance;
    return near ? [] : [`${place}: ${shown} is not ${expected} (tolerance ${tolerance})`];
  }
  if (Array.isArray(shown) && Array.isArray(expected) && shown.length === expected.length) {
    return shown.flatMap((item, index) =>
      compare(item, expected[index], tolerance, `${place}[${index}]`),
    );
  }
  if (isRecord(shown) && isRecord(expected)) {
    const keys = new Set([...Object.keys(shown), ...Object.keys(expected)]);
    return [...keys].flatMap((key) =>
      compare(shown[key], expected[key], tolerance, `${place}.${key}`),
    );
  }
  const same =
    shown === (expected ?? 'undefined') ||
    (typeof shown === 'number' && String(shown) === expected);
  return same ? [] : [`${place}: ${JSON.stringify(shown)} is not ${JSON.stringify(expected)}`];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sums of each column of statistics of items: what `finish` takes. */
export function columnSums({ items, width, values }: ItemStatistics): Float64Array {
  const sums = new Float64Array(width);
  for (let item = 0; item < items; item++) {
    for (let column = 0; column < width; column++) {
      sums[column] = (sums[column] ?? 0) + (values[item * width + column] ?? NaN);
    }
  }
  return sums;
}

/** `finish` of the sums of a metric's own statistics: what `report` must give as well. */
export function finishOfItems(metric: Metric, input: unknown): number | null {
  if (metric.itemwise === null) throw new Error(`${metric.name} does not decompose`);
  const statistics = metric.itemwise.statistics(input);
  return metric.itemwise.finish(columnSums(statistics), statistics.items, statistics.width);
}
