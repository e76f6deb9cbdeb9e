/**
 * Metrics of a million rows in flat memory: rows are scored as they are read and then forgotten. Reads JSON
 * Lines, one row each, and the single object that every metric reads, the latter in two passes over its
 * file: the first for the labels and options wherever they stand, the second for the rows.
 */
import { closeSync, openSync } from 'node:fs';

import { flatError } from '../scoring/classification/ilsvrc-flat-error.ts';
import { createTopKCounter, reportShare, TIE_RULES } from '../scoring/classification/top-k.ts';
import type { TieRule } from '../scoring/classification/top-k.ts';
import { MetricInputError } from '../scoring/metric.ts';
import type { Metric, Report } from '../scoring/metric.ts';
import { createJsonReader } from './json-reader.ts';
import type { JsonReader } from './json-reader.ts';

/** How a metric takes its rows one by one. */
interface RowMetric {
  /** Field of the rows, and that of what is true of them: in the object, and in a line. */
  readonly rows: string;
  readonly truth: string;
  readonly lineTruth: string;
  /** Other fields of the object. */
  readonly options: readonly string[];
  /** The field that `--k` gives for JSON Lines; null for none. */
  readonly k: string | null;
  /** @param options checked by the metric's own schema. */
  readonly start: (options: Readonly<Record<string, unknown>>) => RowScorer;
}

interface RowScorer {
  /**
   * @param truth one number, or as many as a list had.
   * @throws MetricInputError for a row that does not fit; the message names it.
   */
  add(row: number, numbers: Float64Array, truth: Float64Array): void;
  finish(): Report;
}

/** @param fixed the k of an error; null for the accuracy whose k is part of the input. */
function topK(name: string, fixed: number | null): RowMetric {
  return {
    ...{ rows: 'scores', truth: 'labels', lineTruth: 'label' },
    options: fixed === null ? ['k', 'tie'] : ['tie'],
    k: fixed === null ? 'k' : null,
    start: ({ k, tie }) => {
      const rule = TIE_RULES.find((known): known is TieRule => known === tie) ?? 'pessimistic';
      const counter = createTopKCounter(fixed ?? Number(k), rule);
      let classes: number | null = null;
      return {
        add(row, scores, truth) {
          classes ??= scores.length;
          if (scores.length !== classes) {
            throw new MetricInputError(
              `${name}: scores: row ${row} has ${scores.length} numbers, row 0 has ${classes}`,
            );
          }
          const target = truth[0] ?? -1;
          if (truth.length !== 1 || !Number.isInteger(target) || target < 0 || target >= classes) {
            throw new MetricInputError(
              `the target of row ${row} is not a class index below ${classes}`,
            );
          }
          counter.update(scores, classes, truth);
        },
        finish: () =>
          reportShare(fixed === null ? counter.hits : counter.rows - counter.hits, counter.rows),
      };
    },
  };
}

const flat: RowMetric = {
  ...{ rows: 'predictions', truth: 'groundTruth', lineTruth: 'groundTruth' },
  options: ['maxPredictions'],
  k: 'maxPredictions',
  start: ({ maxPredictions }) => {
    const most = typeof maxPredictions === 'number' ? maxPredictions : 5;
    const isClassNumber = (value: number) => Number.isSafeInteger(value) && value >= 0;
    let sum = 0;
    let images = 0;
    return {
      add(row, guesses, truth) {
        const field = guesses.every(isClassNumber) ? 'groundTruth' : 'predictions';
        const error = flatError(Array.from(guesses), Array.from(truth), most);
        if (field === 'predictions' || !truth.every(isClassNumber) || Number.isNaN(error)) {
          throw new MetricInputError(
            `ilsvrc_flat_error: ${field}: row ${row} has a number that is no class, or no true label`,
          );
        }
        sum += error;
        images++;
      },
      finish: () => ({ value: images === 0 ? null : sum / images }),
    };
  },
};

const ROW_METRICS: ReadonlyMap<string, RowMetric> = new Map([
  ['topk_scores', topK('topk_scores', null)],
  ['top1_error', topK('top1_error', 1)],
  ['top5_error', topK('top5_error', 5)],
  ['ilsvrc_flat_error', flat],
]);

export const STREAMED: readonly string[] = [...ROW_METRICS.keys()];

function rowMetric(metric: Metric): RowMetric {
  const found = ROW_METRICS.get(metric.name);
  if (found !== undefined) return found;
  throw new MetricInputError(`${metric.name} is not read row by row: ${STREAMED.join(', ')} are`);
}

/**
 * The report of a metric from one JSON object in a file.
 *
 * @param path a file that can be read twice.
 * @throws JsonError for what is not JSON, RangeError for what does not fit, as the metric's `report` does.
 */
export function reportOfObject(metric: Metric, path: string): Report {
  const { rows, truth, options, start } = rowMetric(metric);

  const truths = createLists();
  const given: Record<string, unknown> = {};
  withReader(path, (reader) => {
    reader.readObject((key) => {
      if (key === rows && given[rows] === undefined) {
        given[rows] = [];
        reader.skipValue();
      } else if (key === truth && given[truth] === undefined) {
        given[truth] = [];
        reader.readList(() => truths.add(readTruth(reader)));
      } else if (key === rows || key === truth) {
        throw new MetricInputError(`${metric.name}: ${key} is there twice`);
      } else if (options.includes(key)) given[key] = reader.readValue();
      else reader.skipValue();
    });
    reader.checkEnd();
  });
  // Two empty lists stand for the long ones: the schema looks at whether they are there, and at the rest.
  metric.report(given);

  const scorer = start(given);
  withReader(path, (reader) => {
    reader.readObject((key) => {
      if (key !== rows) {
        reader.skipValue();
        return;
      }
      const count = reader.readList((row) => {
        const numbers = reader.readNumbers();
        if (row < truths.count) scorer.add(row, numbers, truths.at(row));
      });
      if (count !== truths.count) {
        throw new MetricInputError(`${rows} have ${count} rows, ${truth} have ${truths.count}`);
      }
    });
  });
  return scorer.finish();
}

/**
 * The report of a metric from JSON Lines: one object a row, such as `{"scores":[…],"label":3}`.
 *
 * @param flags `k` and `tie`, where the metric has such options.
 * @throws as `reportOfObject`.
 */
export function reportOfLines(
  metric: Metric,
  path: string,
  flags: { readonly k?: number; readonly tie?: string } = {},
): Report {
  const { rows, truth, lineTruth, options, k, start } = rowMetric(metric);
  const given: Record<string, unknown> = { [rows]: [], [truth]: [] };
  if (flags.k !== undefined) {
    if (k === null) throw new MetricInputError(`${metric.name} has no k`);
    given[k] = flags.k;
  }
  if (flags.tie !== undefined) {
    if (!options.includes('tie')) throw new MetricInputError(`${metric.name} has no rule for ties`);
    given['tie'] = flags.tie;
  }
  metric.report(given);

  const scorer = start(given);
  withReader(path, (reader) => {
    for (let row = 0; !reader.isAtEnd(); row++) {
      const { line } = reader;
      const found: { numbers?: Float64Array; truth?: Float64Array } = {};
      reader.readObject((key) => {
        if (key === rows && found.numbers === undefined) found.numbers = reader.readNumbers();
        else if (key === lineTruth && found.truth === undefined) found.truth = readTruth(reader);
        else if (key === rows || key === lineTruth) {
          throw new MetricInputError(`${metric.name}: line ${line} has ${key} twice`);
        } else reader.skipValue();
      });
      if (found.numbers === undefined || found.truth === undefined) {
        const missing = found.numbers === undefined ? rows : lineTruth;
        throw new MetricInputError(`${metric.name}: line ${line} has no ${missing}`);
      }
      scorer.add(row, found.numbers, found.truth);
    }
  });
  return scorer.finish();
}

function withReader(path: string, read: (reader: JsonReader) => void): void {
  const file = openSync(path, 'r');
  try {
    read(createJsonReader(file));
  } finally {
    closeSync(file);
  }
}

/** A number, or a list of numbers. */
function readTruth(reader: JsonReader): Float64Array {
  if (!reader.isList()) return Float64Array.of(reader.readNumber());
  const numbers: number[] = [];
  reader.readList(() => numbers.push(reader.readNumber()));
  return Float64Array.from(numbers);
}

/** Lists of numbers, kept end to end: a million short ones cost no more than their numbers and ends. */
function createLists() {
  let values = new Float64Array(1024);
  let ends = new Uint32Array(1024);
  let count = 0;
  let filled = 0;
  return {
    get count() {
      return count;
    },
    add(list: Float64Array) {
      if (count === ends.length) ends = grown(ends, new Uint32Array(2 * count));
      while (filled + list.length > values.length) {
        values = grown(values, new Float64Array(2 * values.length));
      }
      values.set(list, filled);
      filled += list.length;
      ends[count++] = filled;
    },
    at: (index: number) => values.subarray(index === 0 ? 0 : ends[index - 1], ends[index]),
  };
}

function grown<Numbers extends Float64Array | Uint32Array>(from: Numbers, into: Numbers): Numbers {
  into.set(from);
  return into;
}
