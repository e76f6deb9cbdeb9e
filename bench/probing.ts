/**
 * What attackers gain who know nothing about the data and only read their own scores, at the quota of a
 * real phase, under each rule by which public scores can be released.
 *
 *   node bench/probing.ts [--items 1000,10000] [--trials 40,12] [--days 60] [--daily 5] [--seed 1] [--json]
 *
 * Targets are coin tosses, the attacker's best case: each answer is worth a whole bit, and chance is 50 %. A
 * submission answers the public split and a private one of the same size, whose scores nobody reads until
 * the end. Attackers know the rule, and which rows are public.
 *
 * - luck: random guesses, of which the board keeps the best: what the quota alone is worth.
 * - one-flip: changes a few rows of the best vector so far and keeps what raises the score; where scores are
 *   rounded, first seeks two vectors one row apart on either side of a step, from which each single row shows.
 * - boosting: random vectors, then their majority, each weighed by its released score.
 * - log-loss coding: probabilities whose loss spells out many targets in one number.
 *
 * Where an attack has a size (rows changed at once), every size is tried and the one that gains most on the
 * public split is printed. Exits 1 if under the recommended rule an attacker gains on the private split, or
 * learns more of the public split than luck and one step of the rule.
 *
 * Sources: Blum and Hardt 2015 (boosting); Whitehill, "Climbing the Kaggle leaderboard by exploiting the
 * log-loss oracle" (2017).
 */
import { parseArgs } from 'node:util';

import type { ItemStatistics } from '../scoring/metric.ts';
import { createRandom, type Random } from '../scoring/random.ts';
import { answerStream, informationBits } from '../scoring/statistics/information.ts';
import { normalBelow } from '../scoring/statistics/normal.ts';
import {
  errorOfDifference,
  ladderStep,
  releaseScore,
  roundingStep,
  type ReleaseRule,
} from '../scoring/statistics/release.ts';
import { Z_95 } from '../scoring/statistics/wilson.ts';

const { values } = parseArgs({
  options: {
    items: { type: 'string', default: '1000,10000' },
    days: { type: 'string', default: '60' },
    daily: { type: 'string', default: '5' },
    trials: { type: 'string', default: '40,12' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const sizes = values.items.split(',').map(Number);
const quota = Number(values.days) * Number(values.daily);
/** By size, so that the larger ones end soon too. */
const trialsOf = values.trials.split(',').map(Number);

/** One attacker against one phase: hidden targets of the public rows, then of the private ones. */
class Phase {
  readonly items: number;
  readonly random: Random;
  readonly rule: ReleaseRule;
  readonly higherIsBetter: boolean;
  answers = 0;
  improvements = 0;
  /** What the board shows for the entry. */
  shown: number | null = null;
  readonly #targets: Uint8Array;
  #leader: ItemStatistics | null = null;

  constructor(items: number, rule: ReleaseRule, higherIsBetter: boolean, random: Random) {
    this.items = items;
    this.rule = rule;
    this.higherIsBetter = higherIsBetter;
    this.random = random;
    this.#targets = randomBits(2 * items, random);
  }

  /** The last submission is kept for what was learned. */
  isOver(): boolean {
    return this.answers >= quota - 1;
  }

  /** Sends hard answers for all rows. @returns what is shown, and whether it was an improvement. */
  submit(answers: Uint8Array): { shown: number | null; improved: boolean } {
    return this.#release((row) => (answers[row] === this.#targets[row] ? 1 : 0));
  }

  /** Sends log-odds of "1" for the public rows; scored by the mean negative log-likelihood in nats. */
  submitLogits(logits: Float64Array): { shown: number | null; improved: boolean } {
    return this.#release((row) => {
      const own = this.#targets[row] === 1 ? (logits[row] ?? 0) : -(logits[row] ?? 0);
      return own > 0 ? Math.log1p(Math.exp(-own)) : Math.log1p(Math.exp(own)) - own;
    });
  }

  #release(statisticOf: (row: number) => number) {
    if (this.answers >= quota) throw new Error('the quota is spent');
    const { items, rule } = this;
    const statistics = { items, width: 1, values: new Float64Array(items) };
    let sum = 0;
    for (let row = 0; row < items; row++) sum += statistics.values[row] = statisticOf(row);
    const isFree = rule.rule === 'ladder-free';
    const error =
      isFree && this.#leader !== null ? errorOfDifference(mean, statistics, this.#leader) : null;
    const scored = { score: sum / items, items, error };
    const previous = isLadder(rule) ? this.shown : null;
    const released = releaseScore(rule, this.higherIsBetter, previous, scored);
    if (isFree && released.improved) this.#leader = statistics;
    this.answers++;
    if (released.improved) this.improvements++;
    const isBest =
      this.shown === null || (released.shown ?? 0) > this.shown === this.higherIsBetter;
    if (isLadder(rule) || isBest) this.shown = released.shown;
    return released;
  }

  /** Share of rows right beyond chance, on the public and on the private split. */
  gains(answers: Uint8Array): { public: number; private: number } {
    const share = (from: number) => {
      let right = 0;
      for (let row = from; row < from + this.items; row++) {
        if (answers[row] === this.#targets[row]) right++;
      }
      return right / this.items - 0.5;
    };
    return { public: share(0), private: share(this.items) };
  }
}

const mean = (sums: ArrayLike<number>, count: number) => (sums[0] ?? 0) / count;

function isLadder({ rule }: ReleaseRule): boolean {
  return rule === 'ladder' || rule === 'ladder-free';
}

function randomBits(count: number, random: Random): Uint8Array {
  const words = new Uint32Array(Math.ceil(count / 32));
  random.fill(words);
  return Uint8Array.from({ length: count }, (_, at) => ((words[at >>> 5] ?? 0) >>> (at & 31)) & 1);
}

/** The answers with some rows the other way. */
function flip(answers: Uint8Array, rows: Iterable<number>): Uint8Array {
  const changed = answers.slice();
  for (const row of rows) changed[row] = 1 - (changed[row] ?? 0);
  return changed;
}

/** Log-odds beyond this are cut off by most scorers: a probability of 1e-15. */
const LARGEST_LOGIT = 34;

/** An attack spends the quota but for one, sends what it learned, and tells its answers to all rows. */
type Attack = (phase: Phase) => Uint8Array;

function sendLast(phase: Phase, answers: Uint8Array): Uint8Array {
  phase.submit(answers);
  return answers;
}

/** Sure of what it learned, undecided about the rest. */
function sendLastLogits(
  phase: Phase,
  answers: Uint8Array,
  isKnown: (row: number) => boolean,
): Uint8Array {
  const sure = (row: number) => (answers[row] === 1 ? LARGEST_LOGIT : -LARGEST_LOGIT);
  const logits = Float64Array.from({ length: phase.items }, (_, row) =>
    isKnown(row) ? sure(row) : 0,
  );
  phase.submitLogits(logits);
  return answers;
}

function luck(phase: Phase): Uint8Array {
  let best = randomBits(2 * phase.items, phase.random);
  let highest = phase.submit(best).shown ?? -1;
  while (!phase.isOver()) {
    const answers = randomBits(2 * phase.items, phase.random);
    const { shown } = phase.submit(answers);
    if (shown === null || shown <= highest) continue;
    highest = shown;
    best = answers;
  }
  return sendLast(phase, best);
}

/** Flips `size` random rows of each split at once, and keeps what was shown to be better. */
function climbBy(size: number): Attack {
  return (phase) => {
    const { items, random } = phase;
    let best = randomBits(2 * items, random);
    let highest = phase.submit(best).shown ?? -1;
    const rows = new Int32Array(size);
    while (!phase.isOver()) {
      random.fillBelow(rows, items);
      // A row may be drawn twice; it is flipped once.
      const distinct = new Set(rows);
      const answers = flip(
        flip(best, distinct),
        Array.from(distinct, (row) => items + row),
      );
      const { shown } = phase.submit(answers);
      if (shown === null || shown <= highest) continue;
      highest = shown;
      best = answers;
    }
    return sendLast(phase, best);
  };
}

/** One row after the other, from a vector on which each single row shows. */
function flipOne(phase: Phase): Uint8Array {
  const base = findEdge(phase);
  if (base === null) return sendLast(phase, randomBits(2 * phase.items, phase.random));
  let known = base.answers;
  for (let row = 0; row < phase.items && !phase.isOver(); row++) {
    const { shown } = phase.submit(flip(base.answers, [row]));
    if ((shown ?? 0) > base.shown) known = flip(known, [row]);
  }
  return sendLast(phase, known);
}

/**
 * Answers from which one row more shows another score. Two vectors with different scores are joined by a
 * path of single flips; halving it finds the flip at which the released score changes.
 */
function findEdge(phase: Phase): { answers: Uint8Array; shown: number } | null {
  const { items, random } = phase;
  const from = randomBits(2 * items, random);
  const first = phase.submit(from).shown ?? 0;
  while (!phase.isOver()) {
    const path = sample(items, Math.floor(items / 2), random);
    const last = phase.submit(flip(from, path)).shown ?? 0;
    if (last === first) continue;
    // Up to `low` flips the score shown is the first one, from `high` on it is another.
    let [low, high] = [0, path.length];
    let shownHigh = last;
    while (high - low > 1 && !phase.isOver()) {
      const middle = (low + high) >>> 1;
      const shown = phase.submit(flip(from, path.slice(0, middle))).shown ?? 0;
      if (shown === first) low = middle;
      else [high, shownHigh] = [middle, shown];
    }
    // The lower of the two: from there a row that was wrong lifts the score over the step.
    return first < shownHigh
      ? { answers: flip(from, path.slice(0, low)), shown: first }
      : { answers: flip(from, path.slice(0, high)), shown: shownHigh };
  }
  return null;
}

function sample(items: number, count: number, random: Random): number[] {
  const rows = Array.from({ length: items }, (_, row) => row);
  for (let at = 0; at < count; at++) {
    const other = at + random.nextBelow(items - at);
    [rows[at], rows[other]] = [rows[other] ?? 0, rows[at] ?? 0];
  }
  return rows.slice(0, count);
}

/** Random vectors, each a vote with the weight of what is known of its score. */
function boost(phase: Phase): Uint8Array {
  const { items, random, rule } = phase;
  const votes = new Float64Array(2 * items);
  const spread = 0.5 / Math.sqrt(items);
  let best: number | null = null;
  while (!phase.isOver()) {
    const answers = randomBits(2 * items, random);
    const { shown, improved } = phase.submit(answers);
    let weight = (shown ?? 0.5) - 0.5;
    if (isLadder(rule) && !improved) {
      // Only that the score is not above the mark: its mean below it, from the normal law.
      const mark = ((best ?? 0.5) + (rule.rule === 'ladder' ? rule.eta : spread) - 0.5) / spread;
      const density = Math.exp((-mark * mark) / 2) / Math.sqrt(2 * Math.PI);
      weight = (-spread * density) / normalBelow(mark);
    }
    best = shown;
    for (let row = 0; row < votes.length; row++) {
      votes[row] = (votes[row] ?? 0) + (answers[row] === 1 ? weight : -weight);
    }
  }
  return sendLast(
    phase,
    Uint8Array.from(votes, (vote) => (vote > 0 ? 1 : 0)),
  );
}

/**
 * Whitehill's attack: row i of a group gets the log-odds d 2^i. The loss is then a known number plus d times
 * the binary number whose digits say which of the rows are 0.
 */
function spellOut(resolution: number): Attack {
  return (phase) => {
    const { items, random } = phase;
    const known = randomBits(2 * items, random);
    // n times the mean is the sum; digits closer than what rounding hides cannot be told apart.
    const digit = 1.02 * resolution * items;
    const group = Math.floor(Math.log2(LARGEST_LOGIT / digit)) + 1;
    let start = 0;
    for (; group > 0 && start < items && !phase.isOver(); start += group) {
      const logits = new Float64Array(items);
      const end = Math.min(items, start + group);
      let certain = (items - (end - start)) * Math.LN2;
      for (let row = start; row < end; row++) {
        logits[row] = digit * 2 ** (row - start);
        certain += Math.log1p(Math.exp(-(logits[row] ?? 0)));
      }
      const { shown } = phase.submitLogits(logits);
      const zeros = Math.round(((shown ?? 0) * items - certain) / digit);
      for (let row = start; row < end; row++) {
        known[row] = Math.floor(zeros / 2 ** (row - start)) % 2 === 1 ? 0 : 1;
      }
    }
    return sendLastLogits(phase, known, (row) => row < start);
  };
}

/** Under a Ladder: `size` rows with confidence at a time; an improvement says that they tend to be right. */
function betBy(size: number): Attack {
  return (phase) => {
    const { items, random } = phase;
    const known = randomBits(2 * items, random);
    const logits = new Float64Array(items);
    phase.submitLogits(logits);
    let start = 0;
    while (!phase.isOver()) {
      if (start + size > items) start = 0;
      const tried = logits.slice();
      // Small bets on many rows, large ones on few: what pays best if luck is one spread off.
      const odds = Math.min(3, 4 / Math.sqrt(size));
      for (let row = start; row < start + size; row++) {
        tried[row] = random.nextBelow(2) === 1 ? odds : -odds;
      }
      if (!phase.submitLogits(tried).improved) continue;
      logits.set(tried);
      start += size;
    }
    for (let row = 0; row < items; row++) {
      if (logits[row] !== 0) known[row] = (logits[row] ?? 0) > 0 ? 1 : 0;
    }
    phase.submitLogits(logits);
    return known;
  };
}

interface Setting {
  readonly attack: string;
  readonly rule: ReleaseRule;
  readonly name: string;
  readonly recommended: boolean;
  readonly higherIsBetter: boolean;
  /** The attack in each of its sizes. */
  readonly variants: readonly Attack[];
}

function settingsFor(items: number): Setting[] {
  const step = roundingStep({ range: [0, 1], unit: 'rate' }, items);
  const eta = ladderStep(items);
  const scores: [string, ReleaseRule, boolean][] = [
    ['full', { rule: 'full' }, false],
    [`rounded to ${step}`, { rule: 'rounded', step }, false],
    [`rounded to ${10 * step}`, { rule: 'rounded', step: 10 * step }, false],
    ['parameter-free Ladder', { rule: 'ladder-free' }, false],
    [`Ladder, eta ${eta}`, { rule: 'ladder', eta }, true],
  ];
  // From single rows to as good as fresh vectors.
  const counts = [1, 2, 10, 100, 300, 1000, 3000].filter((count) => count <= items);
  const hard = scores.flatMap(([name, rule, recommended]): Setting[] => {
    const shared = { rule, name, recommended, higherIsBetter: true };
    const flips = isLadder(rule) ? counts.map(climbBy) : [flipOne];
    return [
      { attack: 'luck', variants: [luck], ...shared },
      { attack: 'one-flip', variants: flips, ...shared },
      { attack: 'boosting', variants: [boost], ...shared },
    ];
  });
  const from = Math.LN2;
  const losses: [string, ReleaseRule, number | null, boolean][] = [
    // What a 64-bit sum of 10,000 losses is exact to, with room.
    ['full', { rule: 'full' }, 1e-8 / items, false],
    ['rounded to 0.001', { rule: 'rounded', step: 0.001 }, 0.001, false],
    ['rounded to 0.01', { rule: 'rounded', step: 0.01 }, 0.01, false],
    ['parameter-free Ladder', { rule: 'ladder-free' }, null, false],
    [`Ladder, eta ${eta}, from ln 2`, { rule: 'ladder', eta, from }, null, true],
  ];
  const coded = losses.map(([name, rule, resolution, recommended]): Setting => ({
    attack: 'log-loss coding',
    variants: resolution === null ? counts.map(betBy) : [spellOut(resolution)],
    ...{ rule, name, recommended, higherIsBetter: false },
  }));
  return [...hard, ...coded];
}

/** Mean over trials and its 95 % half width by the normal law. */
function summarise(samples: readonly number[]): { mean: number; error: number } {
  const average = samples.reduce((sum, value) => sum + value, 0) / samples.length;
  const squares = samples.reduce((sum, value) => sum + (value - average) ** 2, 0);
  return { mean: average, error: Math.sqrt(squares / (samples.length - 1) / samples.length) };
}

interface Outcome {
  readonly attack: string;
  readonly rule: string;
  readonly recommended: boolean;
  /** What the board shows at the end, mean over trials; null where nothing was released. */
  readonly shown: number | null;
  readonly bits: number;
  readonly publicGain: { readonly mean: number; readonly error: number };
  readonly privateGain: { readonly mean: number; readonly error: number };
}

function tryAll(items: number, setting: Setting, trials: number): Outcome {
  const { attack, rule, name, recommended, higherIsBetter, variants } = setting;
  const outcomes = variants.map((variant): Outcome => {
    const runs = Array.from({ length: trials }, (_, trial) => {
      const phase = new Phase(
        items,
        rule,
        higherIsBetter,
        createRandom(1000 * Number(values.seed) + trial),
      );
      const gains = phase.gains(variant(phase));
      const range: readonly [number, number] = higherIsBetter ? [0, 1] : [0, rangeEnd(rule)];
      const space = { range, items, isCount: higherIsBetter };
      const stream = answerStream(rule, space, phase.answers, phase.improvements);
      return { ...gains, shown: phase.shown, bits: informationBits([stream]) };
    });
    const shown = runs.flatMap((run) => (run.shown === null ? [] : [run.shown]));
    return {
      ...{ attack, rule: name, recommended },
      shown: shown.length === 0 ? null : summarise(shown).mean,
      bits: summarise(runs.map(({ bits }) => bits)).mean,
      publicGain: summarise(runs.map((run) => run.public)),
      privateGain: summarise(runs.map((run) => run.private)),
    };
  });
  const [best] = outcomes.toSorted((a, b) => b.publicGain.mean - a.publicGain.mean);
  if (best === undefined) throw new Error(`${attack} has no variant`);
  return best;
}

/** A log loss has no upper end but where a Ladder begins. */
function rangeEnd(rule: ReleaseRule): number {
  return rule.rule === 'ladder' ? (rule.from ?? Infinity) : Infinity;
}

/** Four standard errors: one wrong alarm in 16,000. */
const ALARM = 4;

function leaks(outcome: Outcome, lucky: Outcome, eta: number): string[] {
  const { publicGain, privateGain, attack } = outcome;
  const found: string[] = [];
  if (privateGain.mean > ALARM * privateGain.error)
    found.push(`${attack} gains on the private split`);
  const most = lucky.publicGain.mean + eta;
  if (publicGain.mean > most)
    found.push(`${attack} learns the public split beyond luck and one step`);
  return found;
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const withError = ({ mean: value, error }: { mean: number; error: number }) =>
  `${(100 * value).toFixed(2)} ± ${(100 * Z_95 * error).toFixed(2)}`;
const problems: string[] = [];
const report: (Outcome & { items: number })[] = [];
for (const [at, items] of sizes.entries()) {
  const trials = trialsOf[at] ?? trialsOf.at(-1) ?? 0;
  if (!values.json) {
    process.stdout.write(
      `\n${items} public and ${items} private rows, ${quota} submissions, ${trials} trials, seed ${values.seed}; ` +
        'gains in points over 50 %, with 95 % intervals\n' +
        '| attack | release rule | board shows | public gain | private gain | bits received |\n' +
        '| --- | --- | --- | --- | --- | --- |\n',
    );
  }
  const outcomes: Outcome[] = [];
  for (const setting of settingsFor(items)) {
    const outcome = tryAll(items, setting, trials);
    outcomes.push(outcome);
    report.push({ items, ...outcome });
    if (values.json) continue;
    const isLoss = outcome.attack === 'log-loss coding';
    const shown = outcome.shown ?? null;
    const board = shown === null ? 'nothing' : isLoss ? shown.toFixed(3) : percent(shown);
    process.stdout.write(
      `| ${outcome.attack} | ${outcome.rule}${outcome.recommended ? ' (recommended)' : ''} | ${board} | ` +
        `${withError(outcome.publicGain)} | ${withError(outcome.privateGain)} | ${outcome.bits.toFixed(0)} |\n`,
    );
  }
  const lucky = outcomes.find(({ attack, rule }) => attack === 'luck' && rule === 'full');
  if (lucky === undefined) throw new Error('luck was not tried');
  for (const outcome of outcomes.filter(({ recommended }) => recommended)) {
    problems.push(...leaks(outcome, lucky, ladderStep(items)).map((text) => `${items}: ${text}`));
  }
  // The other half of the claim: where scores are released as they are, the public board is beaten.
  for (const attack of ['one-flip', 'boosting', 'log-loss coding']) {
    const full = outcomes.find((outcome) => outcome.attack === attack && outcome.rule === 'full');
    if (full !== undefined && full.publicGain.mean < ALARM * full.publicGain.error) {
      problems.push(`${items}: ${attack} gains nothing even where scores are released in full`);
    }
  }
}
if (values.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`);
  process.exitCode = 1;
}
