import { describe, expect, it } from 'vitest';
import { STATISTICS_METRICS } from '../../../../scoring/statistics/index.ts';
import { compare, loadVectors } from '../vectors.ts';

/** The vectors of McNemar's test name only some of the p-values that every report has. */
function named(value: unknown, expected: unknown): unknown {
  const isObject = (item: unknown): item is Record<string, unknown> =>
    typeof item === 'object' && item !== null && !Array.isArray(item);
  if (!isObject(value) || !isObject(expected)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => key in expected));
}

describe.each(STATISTICS_METRICS)('$name', (metric) => {
  it.each(loadVectors(metric.name))('agrees with the vector "$name"', (vector) => {
    const { value } = metric.report(vector.input);
    expect(compare(named(value, vector.expected), vector.expected, vector.tolerance)).toEqual([]);
  });
});
