import { parseArgs } from 'node:util';

import { loadConfig } from '../server/config.ts';
import { evaluateArtifact, type EvaluationResult } from '../server/services/run-evaluation.ts';
import { openTaskBundle, type TaskBundle } from '../tasks/bundle.ts';
import { loadTask } from '../tasks/load.ts';
import type { TaskSpec } from '../tasks/task.ts';
import { readArtifactFiles } from './artifact-files.ts';
import { EXIT, UsageError, type Command } from './command.ts';
import { reportFailure } from './failure-report.ts';
import { feedOptions, wholeNumber } from './feed-options.ts';

const help = `
certamen evaluate --task DIR --split NAME --model FILE [--model FILE ...] [options]

Runs a model, or scores a predictions file, exactly as the server would: same sandbox, same checks,
same metrics. No server, database or account is needed.

  --task DIR         task folder or a zip of one, e.g. tasks/digits; its data is prepared when it is missing
  --split NAME       split to score on; repeat it for a predictions file that answers several at once
  --model FILE       the submission; repeat for a model in several files, or name a folder
  --layout nchw|nhwc image layout of the model's input, when its shape leaves it open
  --scale S          model input = raw value * S; default: the task's scale
  --mean M[,M...]    subtracted after scaling, one value or one per channel
  --std S[,S...]     divided by after that, one value or one per channel
  --seed N           order in which rows are fed; default: one that the submission and the data give
  --threads N        engine threads; default 2
  --json             print one JSON object

A model.py runs under the Python that PYTHON_ENV names; see docs/guides/python-lane.md.

JSON: { status: "succeeded", scores, intervals, rows, isolation, engine, times, ... }
      with several splits, scores, intervals and rows stand under splits.NAME
   or { status: "failed", failure: { kind, code, reason, message, next_step, params } }
Exit codes: 0 done, 2 usage, 3 the submission failed, 4 the task is broken, 5 the system failed.

Example: certamen evaluate --task tasks/digits --split public --model model.onnx --model model.onnx.data
`;

export const evaluate: Command = {
  name: 'evaluate',
  summary: 'score a model or a predictions file on a split of a task, without a server',
  help,
  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        task: { type: 'string' },
        split: { type: 'string', multiple: true },
        model: { type: 'string', multiple: true },
        layout: { type: 'string' },
        scale: { type: 'string' },
        mean: { type: 'string' },
        std: { type: 'string' },
        seed: { type: 'string' },
        threads: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const { task: source, split: splits, model, json } = values;
    if (source === undefined || splits === undefined || model === undefined) {
      throw new UsageError('--task, --split and --model are needed');
    }
    const options = feedOptions(values);
    const seed = wholeNumber('--seed', values.seed, 0, 2 ** 32 - 1);
    const threads = wholeNumber('--threads', values.threads, 1, 64);
    const files = await readArtifactFiles(model);
    const config = loadConfig(process.env);
    let bundle: TaskBundle | null = null;
    try {
      bundle = await openTaskBundle(source);
      const task = await loadTask(bundle.folder, {
        onProgress: (message) => process.stderr.write(`${message}\n`),
      });
      for (const line of hiddenFromPredictions(task.spec, splits))
        process.stderr.write(`${line}\n`);
      const result = await evaluateArtifact({
        task,
        splits: [...new Set(splits)],
        files,
        options,
        seed,
        threads,
        python: config.PYTHON_ENV,
        provider: config.ENGINE_PROVIDER,
      });
      if (json) process.stdout.write(`${JSON.stringify(toJson(result), null, 2)}\n`);
      else process.stdout.write(toText(result));
      return EXIT.done;
    } catch (error) {
      return reportFailure(error, json);
    } finally {
      await bundle?.close();
    }
  },
};

/** Warnings for the author of a task: a predictions file can only answer rows that entrants can download. */
function hiddenFromPredictions(spec: TaskSpec, splits: readonly string[]): string[] {
  if (!spec.accepts.includes('predictions')) return [];
  return splits
    .filter((split) => spec.splits[split]?.share === 'hidden')
    .map(
      (split) =>
        `warning: the task accepts predictions, but splits.${split} shares nothing: nobody can predict its rows. ` +
        `Set share: inputs there, or leave predictions out of accepts.`,
    );
}

function toJson(result: EvaluationResult): object {
  const [first, ...others] = result.splits.map((split) => ({
    split: split.split,
    rows: split.rows,
    scores: Object.fromEntries(split.scores.map((score) => [score.metric, score.value])),
    intervals: Object.fromEntries(
      split.scores.map(({ metric, interval }) => [
        metric,
        interval && [interval.low, interval.high],
      ]),
    ),
    detail: split.detail,
  }));
  if (first === undefined) throw new Error('a split was asked for and none came back');
  return {
    status: 'succeeded',
    ...(others.length === 0
      ? first
      : { splits: Object.fromEntries([first, ...others].map((split) => [split.split, split])) }),
    isolation: result.isolation.level,
    isolation_notes: result.isolation.notes,
    engine: result.engine,
    seed: result.seed,
    times: result.times,
    peak_memory_bytes: result.peak_memory_bytes,
  };
}

function toText(result: EvaluationResult): string {
  const lines: string[] = [];
  for (const split of result.splits) {
    lines.push(`${split.split}: ${split.rows} rows`);
    for (const { metric, value, interval } of split.scores) {
      const number = value === null ? 'undefined' : value.toFixed(4);
      const between = interval
        ? `  95 % between ${interval.low.toFixed(4)} and ${interval.high.toFixed(4)}`
        : '';
      lines.push(`  ${metric.padEnd(16)}${number}${between}`);
    }
  }
  const { engine, isolation, times } = result;
  lines.push(
    `${engine.name} ${engine.version} on ${engine.provider}, isolation ${isolation.level}, ${(times.total_ms / 1000).toFixed(2)} s`,
  );
  return `${lines.join('\n')}\n`;
}
