import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

import { openSandbox } from '../sandbox/host.ts';
import type { TensorSpec, NamedTensor } from '../sandbox/tensor.ts';
import { formatShape } from '../sandbox/tensor.ts';
import { EvaluationFailure } from '../sandbox/failure.ts';
import { readNpz, writeNpz } from '../tasks/data/npz.ts';
import { readArtifactFiles } from './artifact-files.ts';
import { EXIT, UsageError, type Command } from './command.ts';
import { reportFailure } from './failure-report.ts';

const help = `
certamen predict --model FILE [--model FILE ...] --inputs FILE.npz --out FILE.npz [options]

Runs a model in the sandbox on named arrays, with no task: the arrays of the .npz are its inputs by
name, one batch, as they are; its outputs are written as arrays by their names.

  --model FILE     the model; repeat for a model in several files, or name a folder
  --inputs FILE    .npz of input arrays; one array may have any name if the model has one input
  --out FILE       .npz to write
  --wall-ms MS     wall clock limit, default 60000
  --memory-mb MB   memory limit, default 2048
  --threads N      engine threads, default 2
  --json           print one JSON object

JSON: { status: "succeeded", outputs: { name: { dtype, shape } }, isolation, engine, times }
   or { status: "failed", failure: { kind, code, reason, message, next_step, params } }
Exit codes: 0 done, 2 usage, 3 the submission failed, 5 the system failed.
`;

const MAX_ARTIFACT_MB = 2048;

export const predict: Command = {
  name: 'predict',
  summary: 'run a model in the sandbox on the arrays of an .npz file',
  help,
  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        model: { type: 'string', multiple: true },
        inputs: { type: 'string' },
        out: { type: 'string' },
        'wall-ms': { type: 'string', default: '60000' },
        'memory-mb': { type: 'string', default: '2048' },
        threads: { type: 'string', default: '2' },
        json: { type: 'boolean', default: false },
      },
    });
    const { model, inputs, out, json } = values;
    if (model === undefined || inputs === undefined || out === undefined) {
      throw new UsageError('--model, --inputs and --out are needed');
    }
    const wall_ms = positive('--wall-ms', values['wall-ms']);
    const memory_mb = positive('--memory-mb', values['memory-mb']);
    const threads = positive('--threads', values.threads);
    const files = await readArtifactFiles(model);
    const bytes = await readFile(inputs).catch(() => {
      throw new UsageError(`there is no file '${inputs}'`);
    });
    const started = performance.now();
    try {
      const arrays = await readNpz(bytes, inputs);
      const session = await openSandbox({
        files,
        accepts: ['onnx', 'tfjs'],
        limits: { wall_ms, memory_mb, artifact_mb: MAX_ARTIFACT_MB },
        threads,
      });
      try {
        const { artifact } = session;
        if (artifact.kind !== 'model')
          throw new Error('a model was asked for and something else came back');
        const feeds = matchInputs(artifact.model.signature.inputs, arrays);
        const outputs = await artifact.model.predict(feeds);
        await writeFile(out, writeNpz(outputs));
        const result = {
          status: 'succeeded',
          outputs: Object.fromEntries(
            outputs.map(({ name, dtype, shape }) => [name, { dtype, shape }]),
          ),
          isolation: session.isolation.level,
          engine: artifact.model.engine,
          times: { ...session.times, total_ms: performance.now() - started },
        };
        if (json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
        else {
          for (const { name, dtype, shape } of outputs)
            process.stdout.write(`${name}: ${dtype} ${formatShape(shape)}\n`);
        }
        return EXIT.done;
      } finally {
        await session.close();
      }
    } catch (error) {
      return reportFailure(error, json);
    }
  },
};

/** Arrays under the names of the model's inputs, shapes and dtypes checked before the model sees them. */
function matchInputs(specs: readonly TensorSpec[], arrays: readonly NamedTensor[]): NamedTensor[] {
  const [onlySpec] = specs;
  const [onlyArray] = arrays;
  const unnamed = specs.length === 1 && arrays.length === 1 && onlySpec && onlyArray;
  const named = unnamed ? [{ ...onlyArray, name: onlySpec.name }] : arrays;
  const names = (list: readonly { name: string }[]) => list.map(({ name }) => name).join(', ');
  return specs.map((spec) => {
    const array = named.find(({ name }) => name === spec.name);
    if (array === undefined || named.length !== specs.length) {
      throw new EvaluationFailure('input-count', {
        expected: names(specs),
        received: names(arrays),
      });
    }
    const fits =
      array.shape.length === spec.shape.length &&
      spec.shape.every((dim, axis) => dim === null || dim === array.shape[axis]);
    if (!fits) {
      throw new EvaluationFailure('input-shape', {
        expected: `${spec.name} ${formatShape(spec.shape)}`,
        received: formatShape(array.shape),
      });
    }
    if (array.dtype !== spec.dtype) {
      throw new EvaluationFailure('input-dtype', {
        expected: `${spec.name} ${spec.dtype}`,
        received: array.dtype,
      });
    }
    return array;
  });
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new UsageError(`${option} is a whole number from 1, not '${text}'`);
  return value;
}
