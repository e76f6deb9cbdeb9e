import { describe, expect, it } from 'vitest';
import { scoreClasses } from '../../../scoring/evaluate.ts';
import { METRIC_NAMES, getMetric } from '../../../scoring/registry.ts';

describe('getMetric', () => {
  it('finds every metric under its own name', () => {
    for (const name of METRIC_NAMES) expect(getMetric(name).name).toBe(name);
  });

  it('lists the valid names for an unknown one', () => {
    expect(() => getMetric('exactness')).toThrow(
      /exactness; the metrics are top1_error, top5_error/,
    );
  });
});

describe('scoreClasses', () => {
  it('gives one score per metric, in order', () => {
    const labels = { form: 'labels', classes: 2, labels: Int32Array.of(0, 1) } as const;
    expect(scoreClasses(['top5_error', 'top1_error'], labels, [0, 1])).toMatchObject([
      { score: { metric: 'top5_error', value: null }, items: null },
      { score: { metric: 'top1_error', value: 0 }, items: { items: 2, width: 1 } },
    ]);
  });
});
