/** Metrics from images and a judge network, which runs in the sandbox: `certamen metric NAME --judge`. */
import { readFile } from 'node:fs/promises';

import { z } from 'zod';

import { EvaluationFailure } from '../sandbox/failure.ts';
import { openSandbox } from '../sandbox/host.ts';
import type { Report } from '../scoring/metric.ts';
import { openArrayRows, type ArrayRows } from '../tasks/data/array-rows.ts';
import { DataFormatError } from '../tasks/data/format-error.ts';
import { imagesOf, type JudgeImages } from '../tasks/judge-images.ts';
import {
  fcnScoreOfImages,
  frechetDistanceOfImages,
  inceptionScoreOfImages,
  kernelDistanceOfImages,
  lpipsOfImages,
  type LayerWeights,
} from '../tasks/judge-scores.ts';
import { createJudge, type Judge } from '../tasks/judge.ts';
import { readArtifactFiles } from './artifact-files.ts';
import { UsageError } from './command.ts';
import { feedOptions, wholeNumber } from './feed-options.ts';
import { JUDGE_OPTIONS, type JudgeValues } from './judge-options.ts';

type Option = keyof typeof JUDGE_OPTIONS;

/** What every metric may have beside its own files and options. */
const COMMON = [
  ...['judge', 'output', 'images', 'layout', 'scale', 'mean', 'std'],
  ...['batch', 'wall-ms', 'memory-mb', 'threads'],
];

interface JudgedMetric {
  /** Options that name the files to read: all of them are needed. */
  readonly files: readonly Option[];
  readonly options: readonly Option[];
  readonly report: (judge: Judge, files: Files, values: JudgeValues) => Promise<Report>;
}

const JUDGED: Readonly<Record<string, JudgedMetric>> = {
  fid: {
    files: ['real', 'fake'],
    options: [],
    report: async (judge, files, values) =>
      frechetDistanceOfImages(
        judge,
        await files.images('real'),
        await files.images('fake'),
        oneOutput(values),
      ),
  },
  kid: {
    files: ['real', 'fake'],
    options: ['subsets', 'subset-size', 'seed'],
    report: async (judge, files, values) => {
      const subsets = wholeNumber('--subsets', values.subsets, 1, 1e6);
      const size = wholeNumber('--subset-size', values['subset-size'], 2, 1e9);
      const seed = wholeNumber('--seed', values.seed, 0, 2 ** 32 - 1) ?? 0;
      const chosen =
        subsets === undefined && size === undefined
          ? null
          : { subsets: subsets ?? SUBSETS, size: size ?? SUBSET_SIZE, seed };
      if (chosen === null && values.seed !== undefined)
        throw new UsageError('--seed draws subsets: give --subsets or --subset-size too');
      const [real, fake] = [await files.images('real'), await files.images('fake')];
      return kernelDistanceOfImages(judge, real, fake, chosen, oneOutput(values));
    },
  },
  inception_score: {
    files: ['fake'],
    options: ['splits'],
    report: async (judge, files, values) =>
      inceptionScoreOfImages(
        judge,
        await files.images('fake'),
        wholeNumber('--splits', values.splits, 1, 1e6) ?? SPLITS,
        oneOutput(values),
      ),
  },
  fcn_score: {
    files: ['truth', 'fake'],
    options: [],
    report: async (judge, files, values) =>
      fcnScoreOfImages(
        judge,
        await files.rows('truth'),
        await files.images('fake'),
        oneOutput(values),
      ),
  },
  lpips: {
    files: ['real', 'fake'],
    options: ['weights'],
    report: async (judge, files, values) =>
      lpipsOfImages(
        judge,
        await files.images('real'),
        await files.images('fake'),
        values.weights === undefined ? null : await readWeights(values.weights),
        values.output,
      ),
  },
};

/** As where the features are in the input. */
const SPLITS = 10;
const SUBSETS = 100;
const SUBSET_SIZE = 1000;

const MAX_ARTIFACT_MB = 2048;
/** Of one batch: layers of large images are large. */
const MAX_OUTPUT_MB = 1024;

/**
 * @throws UsageError for options and files that do not fit; RangeError where judge, images and metric do
 *   not fit together; EvaluationFailure where the run of the judge fails.
 */
export async function reportWithJudge(name: string, values: JudgeValues): Promise<Report> {
  const metric = Object.hasOwn(JUDGED, name) ? JUDGED[name] : undefined;
  if (metric === undefined) {
    throw new UsageError(`--judge is for ${Object.keys(JUDGED).join(', ')}, not ${name}`);
  }
  checkOptions(name, metric, values);
  const options = {
    ...feedOptions(values),
    batch: wholeNumber('--batch', values.batch, 1, 4096),
  };
  const limits = {
    wall_ms: wholeNumber('--wall-ms', values['wall-ms'], 1, 2 ** 31 - 1) ?? 600_000,
    memory_mb: wholeNumber('--memory-mb', values['memory-mb'], 1, 2 ** 20) ?? 4096,
    artifact_mb: MAX_ARTIFACT_MB,
    output_mb: MAX_OUTPUT_MB,
  };
  const threads = wholeNumber('--threads', values.threads, 1, 64);
  const judgeFiles = await readArtifactFiles(values.judge ?? []);
  const files = openFiles(values);
  try {
    // Files that cannot be read are told of before a process is started.
    for (const option of metric.files) await files.rows(option);
    const session = await openSandbox({ files: judgeFiles, accepts: ['onnx'], limits, threads });
    try {
      const { artifact } = session;
      if (artifact.kind !== 'model')
        throw new Error('a model was asked for and something else came back');
      const report = await metric.report(createJudge(artifact.model, options), files, values);
      return { ...report, isolation: session.isolation.level };
    } finally {
      await session.close();
    }
  } catch (error) {
    if (error instanceof EvaluationFailure && error.failure.reason === 'output-limit') {
      throw new UsageError(
        `the judge answers more than ${MAX_OUTPUT_MB} MiB for a batch: take a smaller --batch`,
      );
    }
    throw error;
  } finally {
    await files.close();
  }
}

function checkOptions(name: string, { files, options }: JudgedMetric, values: JudgeValues): void {
  const known = new Set<string>([...COMMON, ...files, ...options]);
  for (const option of Object.keys(JUDGE_OPTIONS) as Option[]) {
    if (values[option] !== undefined && !known.has(option))
      throw new UsageError(`${name} with --judge takes no --${option}`);
  }
  const missing = files.filter((option) => values[option] === undefined);
  if (missing.length > 0) {
    throw new UsageError(
      `${name} with --judge needs ${missing.map((option) => `--${option}`).join(' and ')}`,
    );
  }
}

function oneOutput({ output }: JudgeValues): string | undefined {
  const [first, ...others] = output ?? [];
  if (others.length > 0) throw new UsageError('only lpips takes several outputs');
  return first;
}

interface Files {
  rows(option: Option): Promise<ArrayRows>;
  images(option: Option): Promise<JudgeImages>;
  close(): Promise<void>;
}

function openFiles(values: JudgeValues): Files {
  const opened = new Map<Option, ArrayRows>();
  const { images: layout } = values;
  if (layout !== undefined && layout !== 'nhwc' && layout !== 'nchw')
    throw new UsageError(`--images is nhwc or nchw, not '${layout}'`);
  const rows = async (option: Option): Promise<ArrayRows> => {
    const before = opened.get(option);
    if (before !== undefined) return before;
    const file = values[option] as string;
    try {
      const found = await openArrayRows(file);
      opened.set(option, found);
      return found;
    } catch (error) {
      throw asUsage(error, file);
    }
  };
  return {
    rows,
    images: async (option) => imagesOf(await rows(option), `--${option}`, layout),
    async close() {
      for (const array of opened.values()) await array.close();
    },
  };
}

/** A file of the caller's own, not of a task's split. */
function asUsage(error: unknown, file: string): unknown {
  if (error instanceof DataFormatError) return new UsageError(`${file}: ${error.message}`);
  if (error instanceof EvaluationFailure && error.failure.reason === 'split-data') {
    return new UsageError(`${file}: ${String(error.failure.params['detail'])}`);
  }
  return error;
}

const ListSchema = z.array(z.number());
const WeightsSchema = z.union([z.array(ListSchema), z.record(z.string(), ListSchema)]);

async function readWeights(file: string): Promise<LayerWeights> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new UsageError(`there is no file '${file}'`);
  });
  try {
    return WeightsSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new UsageError(
      `${file}: expected JSON, a list of numbers for each layer: {"layer": [1, 2]} or [[1, 2]]`,
      { cause: error },
    );
  }
}
