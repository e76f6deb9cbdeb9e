import { describe, expect, it } from 'vitest';

import { POINTS, deal, runFaults, seeded } from '../faults/suite.ts';

describe('a site that is broken again and again', () => {
  // `npm run test:faults` does it two hundred times, and fills the disk as well.
  it('loses nothing, leaves nothing behind and ends every evaluation once', async () => {
    const report = await runFaults({ runs: 10, seed: 20260302, disk: false });
    expect(report.violations).toEqual([]);
    expect(report.runs).toHaveLength(10);
    expect(report.submissions).toBeGreaterThanOrEqual(20);
  }, 600_000);
});

describe('the order of the faults', () => {
  it('is the same for the same seed, and meets every point of the way by both kills', () => {
    const faults = deal(29, seeded(7), true);
    expect(deal(29, seeded(7), true)).toEqual(faults);
    expect(deal(29, seeded(8), true)).not.toEqual(faults);
    for (const kind of ['kill -9 of the worker', 'kill -9 of the server']) {
      const points = faults.filter((fault) => fault.kind === kind).map(({ point }) => point);
      expect(points.sort()).toEqual([...POINTS].sort());
    }
    expect(new Set(faults.map(({ kind }) => kind)).size).toBe(9);
  });
});
