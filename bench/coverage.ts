/**
 * Do the 95 % intervals hold what they promise? Draws data sets whose true score is known, asks for the
 * interval of each as a board would, and counts how many hold the truth.
 *
 *   node bench/coverage.ts [--simulations 2000] [--items 1000] [--replicates 2000] [--seed 1] [--json]
 *
 * Proportions get Wilson's interval and fifty times as many simulations, since they cost next to nothing;
 * their exact coverage stands beside the simulated one. Exits 1 where a coverage is not between 93 and 97 %.
 * The last line says what a bootstrap interval costs.
 */
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';

import type { ItemStatistics } from '../scoring/metric.ts';
import { createRandom } from '../scoring/random.ts';
import { findMetric } from '../scoring/registry.ts';
import { intervalOf, type ItemwiseMetric } from '../scoring/statistics/interval.ts';
import { wilsonInterval } from '../scoring/statistics/wilson.ts';

const { values } = parseArgs({
  options: {
    simulations: { type: 'string', default: '2000' },
    items: { type: 'string', default: '1000' },
    replicates: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const simulations = Number(values.simulations);
const items = Number(values.items);
const replicates = Number(values.replicates);
const random = createRandom(Number(values.seed));
const LOWEST = 0.93;
const HIGHEST = 0.97;

/** Uniform in [0, 1). */
const uniform = () => random.nextUint32() / 2 ** 32;
const exponential = () => -Math.log1p(-uniform());

interface Case {
  readonly name: string;
  readonly metric: ItemwiseMetric;
  readonly truth: number;
  readonly simulations: number;
  readonly draw: () => ItemStatistics;
  /** Where it can be summed up instead of simulated. */
  readonly exact: number | null;
}

function itemwise(name: string): ItemwiseMetric {
  const metric = findMetric(name);
  if (metric.itemwise === null) throw new Error(`${name} does not decompose over items`);
  return { ...metric, itemwise: metric.itemwise };
}

/** Right with probability p, each item by itself. */
function proportion(p: number): Case {
  const metric: ItemwiseMetric = {
    name: 'share',
    higherIsBetter: true,
    range: [0, 1],
    itemwise: { finish: (sums, count) => (sums[0] ?? 0) / count },
  };
  const draw = () => {
    const drawn = new Float64Array(items);
    for (let item = 0; item < items; item++) drawn[item] = uniform() < p ? 1 : 0;
    return { items, width: 1, values: drawn };
  };
  const name = `proportion, p = ${p}`;
  return { name, metric, truth: p, simulations: 50 * simulations, draw, exact: exactCoverage(p) };
}

/** P(the interval of a binomial count holds p), summed over the counts. */
function exactCoverage(p: number): number {
  // By logarithms: of many items none is right with a probability that a number cannot hold.
  let log = items * Math.log1p(-p);
  let covered = 0;
  for (let count = 0; count <= items; count++) {
    const { low, high } = wilsonInterval(count, items) ?? { low: 1, high: 0 };
    if (low <= p && p <= high) covered += Math.exp(log);
    log += Math.log((items - count) / (count + 1)) + Math.log(p / (1 - p));
  }
  return covered;
}

const SHORTEST = 20;
const LONGEST = 60;

/**
 * Utterances of 20 to 60 phones. Some speakers are seven times as hard as others and long utterances are
 * harder, so that errors cluster and the rate is no mean of items.
 */
function phoneErrorRate(): Case {
  const base = 0.2;
  const lengths = Array.from({ length: LONGEST - SHORTEST + 1 }, (_, more) => SHORTEST + more);
  const sum = (power: number) => lengths.reduce((total, length) => total + length ** power, 0);
  // Per phone: hardness (mean 1) x length/40 x base errors, and a fifth of that in insertions.
  const truth = (1.2 * base * sum(2)) / 40 / sum(1);
  const draw = () => {
    const drawn = new Float64Array(4 * items);
    for (let item = 0; item < items; item++) {
      const length = SHORTEST + random.nextBelow(lengths.length);
      const hardness = 0.25 + 1.5 * uniform();
      const rate = (base * hardness * length) / 40;
      const at = 4 * item;
      for (let phone = 0; phone < length; phone++) {
        const luck = uniform();
        // Columns: hits, substitutions, deletions, insertions.
        const kind = luck < 0.6 * rate ? 1 : luck < rate ? 2 : 0;
        drawn[at + kind] = (drawn[at + kind] ?? 0) + 1;
        if (uniform() < 0.2 * rate) drawn[at + 3] = (drawn[at + 3] ?? 0) + 1;
      }
    }
    return { items, width: 4, values: drawn };
  };
  return { name: 'PER', metric: itemwise('per_timit'), truth, simulations, draw, exact: null };
}

/** PSNR of images, 22 dB and more, with a long tail to easy ones. */
function meanPsnr(): Case {
  const draw = () => {
    const drawn = new Float64Array(items);
    for (let item = 0; item < items; item++) drawn[item] = 22 + 2 * (exponential() + exponential());
    return { items, width: 1, values: drawn };
  };
  return { name: 'mean PSNR', metric: itemwise('psnr'), truth: 26, simulations, draw, exact: null };
}

function cover({ metric, truth, simulations: count, draw }: Case) {
  let covered = 0;
  let width = 0;
  let cpu_us = 0;
  const methods = new Set<string>();
  for (let simulation = 0; simulation < count; simulation++) {
    const drawn = draw();
    const before = process.cpuUsage();
    const { interval, method } = intervalOf(metric, drawn, { replicates, seed: simulation });
    const { user, system } = process.cpuUsage(before);
    cpu_us += user + system;
    if (interval === null || method === null) throw new Error(`no interval for ${metric.name}`);
    if (interval.low <= truth && truth <= interval.high) covered++;
    width += interval.high - interval.low;
    methods.add(method);
  }
  return {
    coverage: covered / count,
    width: width / count,
    method: [...methods].join(', '),
    seconds: cpu_us / 1e6 / count,
  };
}

const cases = [...[0.5, 0.2, 0.1, 0.05, 0.02, 0.01].map(proportion), phoneErrorRate(), meanPsnr()];
const rows = cases.map((one) => ({ ...one, ...cover(one) }));
const failed = rows.filter(({ coverage }) => coverage < LOWEST || coverage > HIGHEST);
const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

if (values.json) {
  const facts = rows.map((row) => ({
    ...{ name: row.name, truth: row.truth, method: row.method, simulations: row.simulations },
    ...{ coverage: row.coverage, exact: row.exact, width: row.width, seconds: row.seconds },
  }));
  process.stdout.write(`${JSON.stringify({ items, replicates, rows: facts }, null, 2)}\n`);
} else {
  process.stdout.write(
    `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.versions.node}; ` +
      `${items} items, ${replicates} replicates, seed ${values.seed}\n` +
      '| score | truth | interval | simulations | coverage | exact | mean width |\n' +
      '| --- | --- | --- | --- | --- | --- | --- |\n',
  );
  for (const { name, truth, method, simulations: count, coverage, exact, width } of rows) {
    const error = Math.sqrt((coverage * (1 - coverage)) / count);
    process.stdout.write(
      `| ${name} | ${truth.toFixed(4)} | ${method} | ${count} | ${percent(coverage)} ± ${percent(error)} | ` +
        `${exact === null ? '' : percent(exact)} | ${width.toFixed(4)} |\n`,
    );
  }
  const costs = rows
    .filter(({ exact }) => exact === null)
    .map(({ name, seconds }) => `${name} ${seconds.toFixed(2)} s`);
  process.stdout.write(`an interval on one core: ${costs.join(', ')}\n`);
}
if (failed.length > 0) {
  process.stderr.write(
    `not between ${percent(LOWEST)} and ${percent(HIGHEST)}: ${failed.map(({ name }) => name).join(', ')}\n`,
  );
  process.exitCode = 1;
}
