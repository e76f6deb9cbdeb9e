/**
 * Compares an execution provider of ONNX Runtime with its processor, operator by operator, and measures
 * both. Runs inside a child, like everything that touches the engine.
 */
import type * as ortModule from 'onnxruntime-node';
import type { Provider } from '../request.ts';
import { elementCount } from '../tensor.ts';
import type { NamedTensor } from '../tensor.ts';
import { engineDetail } from './engine-detail.ts';
import { difference } from './recheck.ts';
import { lenet, operatorModels, testValues } from './self-test-models.ts';
import type { TestModel } from './self-test-models.ts';

type Ort = typeof ortModule;

export interface SelfTest {
  /** Models that were compared. */
  readonly operators: number;
  /** What was wrong: operator and difference. */
  readonly problems: readonly string[];
  /** Images per second of a LeNet-5 in batches of 64; null where it did not run. */
  readonly speed: { readonly cpu: number; readonly accelerator: number | null };
}

const SPEED_BATCH = 64;
const SPEED_MS = 500;

async function predict(ort: Ort, model: TestModel, provider: Provider): Promise<NamedTensor> {
  const session = await open(ort, model, provider);
  try {
    return await runOnce(ort, session, model, inputOf(model));
  } finally {
    await session.release();
  }
}

function open(ort: Ort, model: TestModel, provider: Provider): Promise<ortModule.InferenceSession> {
  return ort.InferenceSession.create(model.bytes, {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    intraOpNumThreads: 2,
    logSeverityLevel: 4,
  });
}

function inputOf({ shape }: TestModel): Float32Array {
  return testValues(elementCount(shape), 0);
}

async function runOnce(
  ort: Ort,
  session: ortModule.InferenceSession,
  { shape }: TestModel,
  input: Float32Array,
): Promise<NamedTensor> {
  const x = new ort.Tensor('float32', input, [...shape]);
  const { y } = await session.run({ x });
  if (y === undefined) throw new Error('no output');
  return {
    name: 'y',
    dtype: 'float32',
    shape: [...y.dims],
    data: y.data as Float32Array<ArrayBuffer>,
  };
}

/** Images per second: one batch to make ready, then as many as fit into half a second. */
async function speed(ort: Ort, provider: Provider): Promise<number> {
  const model = lenet(SPEED_BATCH);
  const input = inputOf(model);
  const session = await open(ort, model, provider);
  try {
    await runOnce(ort, session, model, input);
    const started = performance.now();
    let batches = 0;
    do {
      await runOnce(ort, session, model, input);
      batches += 1;
    } while (performance.now() - started < SPEED_MS);
    return Math.round((batches * SPEED_BATCH * 1000) / (performance.now() - started));
  } finally {
    await session.release();
  }
}

/**
 * Some seconds on a real device. The processor is not compared with itself.
 *
 * @param only models whose names begin with one of these.
 */
export async function selfTest(provider: Provider, only: readonly string[]): Promise<SelfTest> {
  const all = provider === 'cpu' ? [] : [...operatorModels(), lenet(4)];
  const models = all.filter(({ name }) => only.some((start) => name.startsWith(start)));
  const ort: Ort = await import('onnxruntime-node');
  // The library passes silently over a provider that it does not have.
  if (!ort.listSupportedBackends().some(({ name }) => name === provider))
    throw new Error(`this build of ONNX Runtime lacks ${provider}`);
  const problems: string[] = [];
  for (const model of models) {
    const expected = await predict(ort, model, 'cpu');
    try {
      const problem = difference([await predict(ort, model, provider)], [expected]);
      if (problem !== null) problems.push(`${model.name}: ${problem}`);
    } catch (error) {
      problems.push(`${model.name}: ${engineDetail(error)}`);
      // Without an adapter nothing else will run either.
      if (model === models[0]) break;
    }
  }
  const cpu = await speed(ort, 'cpu');
  const accelerator = provider === 'cpu' ? null : await speed(ort, provider).catch(() => null);
  return { operators: models.length, problems, speed: { cpu, accelerator } };
}
