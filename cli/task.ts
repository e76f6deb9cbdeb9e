import { randomInt } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import { EvaluationFailure } from '../sandbox/failure.ts';
import { openTaskBundle, type TaskBundle } from '../tasks/bundle.ts';
import { DataFormatError } from '../tasks/data/format-error.ts';
import { readTextFile } from '../tasks/data/text.ts';
import { lintTask, type TaskReport } from '../tasks/lint.ts';
import { createTask, NewTaskError, type SourceOptions } from '../tasks/new-task.ts';
import type { Lane } from '../tasks/task.ts';
import { failureMessage } from '../views/failure-text.ts';
import { EXIT, UsageError, type Command } from './command.ts';
import { warningText } from './failure-report.ts';

const help = `
certamen task new NAME --train-images FILE --train-labels FILE --test-images FILE --test-labels FILE [options]
certamen task check DIR [--json]

'new' turns data into a task folder in one step: the training data to download, and the test data dealt out, class by
class, into a public and a private split. 'check' reads a task folder, or a zip of one, and says everything that is
wrong with it at once.

Where data comes from:
  images    IDX (plain or .gz, as MNIST comes), .npy, .npz (FILE.npz#NAME), a .csv with one row of values per image and
            perhaps a column 'label', or a folder of .png, .pgm or .ppm pictures of one size, in one folder per class
            or side by side. JPEG and others are not read: convert them to PNG first.
  labels    IDX, .npy, .npz, a .csv with a column 'label', or a .txt with one a line: class indices or class names.
            Not needed where the images come in a folder per class, or with their column 'label'.

Options of 'new':
  --out DIR               folder to make; default: NAME
  --public-images FILE, --public-labels FILE, --private-images FILE, --private-labels FILE
                          in place of --test-…, where the splits are made already
  --private-share S       share of the test rows that become private; default 0.5
  --seed N                of the deal and of the order of rows; default: a random one, which is printed. Keep it
                          secret where the test data is public: with it, anybody can tell which rows are private
  --classes A,B,… | FILE  class names in the order of their indices, or a file with one a line
  --shape H,W,C           of rows that come flat
  --title TEXT, --title-es TEXT, --description TEXT, --description-es TEXT, --licence TEXT
  --metric NAME           repeat; the first decides. Default: top1_error, and top5_error from six classes on
  --accept LANE           repeat: onnx, tfjs, javascript, python, predictions. Default: all but predictions
  --share-inputs          participants may download the test images; predictions files are then taken too
  --detail coarse|full    what is seen of public scores; default coarse
  --scale S               models get raw values times S; default 1/255 for bytes, 1 for others
  --json                  print one JSON object

Exit codes: 0 done, 2 usage or data that cannot be used, 4 the task is broken, 5 the system failed.

Example: certamen task new digits --train-images train-images-idx3-ubyte.gz --train-labels train-labels-idx1-ubyte.gz \\
           --test-images t10k-images-idx3-ubyte.gz --test-labels t10k-labels-idx1-ubyte.gz
`;

const LANES: readonly Lane[] = ['onnx', 'tfjs', 'javascript', 'python', 'predictions'];
const NAME = /^[a-z][a-z0-9_-]{0,63}$/u;

export const task: Command = {
  name: 'task',
  summary: 'make a task folder from data, or check one',
  help,
  run(args) {
    const [action, ...rest] = args;
    if (action === 'new') return makeTask(rest);
    if (action === 'check') return checkTask(rest);
    throw new UsageError('say what to do: new or check');
  },
};

async function makeTask(args: string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const list = { type: 'string', multiple: true } as const;
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...{ 'train-images': text, 'train-labels': text, 'test-images': text, 'test-labels': text },
      ...{ 'public-images': text, 'public-labels': text },
      ...{ 'private-images': text, 'private-labels': text },
      ...{ out: text, seed: text, classes: text, shape: text, scale: text, licence: text },
      ...{ title: text, 'title-es': text, description: text, 'description-es': text },
      'private-share': text,
      detail: text,
      metric: list,
      accept: list,
      'share-inputs': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0) throw new UsageError('name one task');
  if (!NAME.test(name)) {
    throw new UsageError(
      `'${name}' is no name: lower-case letters, digits, - and _, starting with a letter`,
    );
  }
  const source = (split: string, images?: string, labels?: string): SourceOptions | undefined => {
    if (images !== undefined) return { images, labels };
    if (labels !== undefined) throw new UsageError(`--${split}-images is missing`);
    return undefined;
  };
  const train = source('train', values['train-images'], values['train-labels']);
  const test = source('test', values['test-images'], values['test-labels']);
  const publicTest = source('public', values['public-images'], values['public-labels']);
  const privateTest = source('private', values['private-images'], values['private-labels']);
  if (test === undefined && publicTest === undefined) {
    throw new UsageError(
      '--test-images (or --public-images) is needed: what are models scored on?',
    );
  }
  if (test !== undefined && (publicTest !== undefined || privateTest !== undefined)) {
    throw new UsageError(
      '--test-images is dealt out: leave it, or the --public- and --private- ones, out',
    );
  }
  const seed = number('--seed', values.seed) ?? randomInt(2 ** 47);
  const privateShare = number('--private-share', values['private-share']) ?? 0.5;
  if (!(privateShare > 0 && privateShare < 1)) {
    throw new UsageError('--private-share is a number between 0 and 1');
  }
  const detail = values.detail ?? 'coarse';
  if (detail !== 'coarse' && detail !== 'full') {
    throw new UsageError(`--detail is coarse or full, not '${detail}'`);
  }
  const shareInputs = values['share-inputs'];
  const accepts = readLanes(values.accept, shareInputs);
  const title = values.title ?? name;
  const { description } = values;
  try {
    const made = await createTask({
      name,
      title: { en: title, es: values['title-es'] ?? title },
      description:
        description === undefined
          ? undefined
          : { en: description, es: values['description-es'] ?? description },
      out: values.out ?? name,
      ...{ train, test, publicTest, privateTest, privateShare, seed },
      classes: await readClasses(values.classes),
      shape: readShape(values.shape),
      metrics: values.metric,
      ...{ accepts, shareInputs, detail },
      scale: number('--scale', values.scale),
      licence: values.licence,
    });
    const report = await lintTask(made.folder);
    // So that the same command can be given again, mended.
    if (report.problems.length > 0) await rm(made.folder, { recursive: true });
    if (values.json) {
      const { folder, shape, dtype, classes, rows } = made;
      print({ folder, seed, shape, dtype, classes, rows, ...describe(report) });
    } else {
      const rows = Object.entries(made.rows).map(([split, count]) => `${split} ${count}`);
      process.stdout.write(
        `${made.folder}: ${made.dtype} ${made.shape.join(' x ')}, ${made.classes.length} classes; rows: ${rows.join(', ')}\n` +
          `seed ${seed}\n${toText(report)}${report.problems.length > 0 ? 'nothing was kept\n' : ''}`,
      );
    }
    return report.problems.length === 0 ? EXIT.done : EXIT.task;
  } catch (error) {
    if (error instanceof NewTaskError) throw new UsageError(error.message);
    throw error;
  }
}

async function checkTask(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  });
  const [source, ...others] = positionals;
  if (source === undefined || others.length > 0) throw new UsageError('name one task folder');
  let bundle: TaskBundle | null = null;
  let report: TaskReport;
  try {
    bundle = await openTaskBundle(source);
    report = await lintTask(bundle.folder, {
      onProgress: (message) => process.stderr.write(`${message}\n`),
    });
  } catch (error) {
    if (!(error instanceof EvaluationFailure)) throw error;
    report = { task: null, problems: [error], warnings: [] };
  } finally {
    await bundle?.close();
  }
  if (values.json) print({ version: report.task?.contentHash ?? null, ...describe(report) });
  else process.stdout.write(toText(report));
  return report.problems.length === 0 ? EXIT.done : EXIT.task;
}

function describe({ problems, warnings }: TaskReport) {
  const said = (failures: readonly EvaluationFailure[]) =>
    failures.map(({ failure }) => ({
      code: failure.code,
      reason: failure.reason,
      message: failureMessage(failure, 'en'),
      params: failure.params,
    }));
  return { problems: said(problems), warnings: said(warnings) };
}

function toText({ task: opened, problems, warnings }: TaskReport): string {
  const lines = [
    ...problems.map(({ failure }) => `error: ${failureMessage(failure, 'en')}`),
    ...warnings.map(({ failure }) => `warning: ${warningText(failure)}`),
  ];
  if (problems.length > 0) {
    lines.push(`${problems.length} ${problems.length === 1 ? 'error' : 'errors'}`);
  } else if (opened !== null) {
    lines.push(`${opened.spec.name} can be used; content ${opened.contentHash.slice(0, 12)}`);
  }
  return `${lines.join('\n')}\n`;
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

function readLanes(given: readonly string[] | undefined, shareInputs: boolean): Lane[] {
  const lanes = given ?? [
    ...LANES.filter((lane) => lane !== 'predictions'),
    ...(shareInputs ? ['predictions'] : []),
  ];
  const found = LANES.filter((lane) => lanes.includes(lane));
  const unknown = lanes.find((lane) => !LANES.some((known) => known === lane));
  if (unknown !== undefined) {
    throw new UsageError(`--accept is one of ${LANES.join(', ')}, not '${unknown}'`);
  }
  if (found.includes('predictions') && !shareInputs) {
    throw new UsageError('predictions need the test images: add --share-inputs');
  }
  return found;
}

async function readClasses(text: string | undefined): Promise<string[] | undefined> {
  if (text === undefined) return undefined;
  const file = text.includes(',') ? null : await readClassFile(text);
  return file === null
    ? text.split(',').map((name) => name.trim())
    : file.replace(/\r?\n$/u, '').split(/\r?\n/u);
}

/** Null: there is no such file, so the text is a name itself. */
async function readClassFile(path: string): Promise<string | null> {
  try {
    return await readTextFile(path);
  } catch (error) {
    if (error instanceof DataFormatError)
      throw new UsageError(`--classes ${path}: ${error.message}`);
    return null;
  }
}

function readShape(text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined;
  const sides = text.split(',').map(Number);
  if (sides.length !== 3 || !sides.every((side) => Number.isInteger(side) && side > 0)) {
    throw new UsageError(`--shape is height,width,channels, such as 28,28,1, not '${text}'`);
  }
  return sides;
}

function number(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) {
    throw new UsageError(`${option}: '${text}' is not a number`);
  }
  return value;
}
