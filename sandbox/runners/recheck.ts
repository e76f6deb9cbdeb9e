/**
 * No accelerator is believed unchecked: rows of every batch are computed again on the processor, and one
 * row too far off ends the run. Wrong convolutions have been seen that were silent and repeatable.
 */
import { AcceleratorDistrusted } from '../failure.ts';
import type { Runner } from '../runner.ts';
import { elementCount } from '../tensor.ts';
import type { NamedTensor, TensorData, TensorSpec } from '../tensor.ts';

/** Rows of the first batch, where what is always wrong shows; and of each later one. */
const FIRST_ROWS = 16;
const LATER_ROWS = 4;
/** Of batches that cannot be taken apart, every one in so many is computed again; the first always. */
const WHOLE_EVERY = 16;

/**
 * Largest difference allowed, as a share of the largest value that the processor gave for the tensor.
 * float32 sums in another order differ by some 1e-6 and wrong kernels by 1e-2 and more; float16 has a
 * rounding step of 1e-3, of which a network gathers several.
 */
export const TOLERANCES = { float64: 1e-4, float32: 1e-4, float16: 2e-2 } as const;
/** For tensors that are all but zero. */
const SMALLEST = 1e-6;

/**
 * @param seed chooses the rows.
 * @returns a runner that checks a sample of each answer before it gives it; of batches that cannot be taken apart, some.
 */
export function recheckedRunner(accelerated: Runner, processor: Runner, seed: number): Runner {
  const { provider } = accelerated.engine;
  const random = generator(seed);
  let batches = 0;

  const onProcessor = async (
    rows: readonly number[] | null,
    inputs: readonly NamedTensor[],
  ): Promise<readonly NamedTensor[]> =>
    processor.predict(rows === null ? inputs : takeRows(inputs, rows));

  return {
    signature: processor.signature,
    engine: accelerated.engine,
    async predict(inputs) {
      const first = batches === 0;
      batches += 1;
      const rows = chooseRows(processor, inputs, first ? FIRST_ROWS : LATER_ROWS, random);
      let outputs: readonly NamedTensor[];
      try {
        outputs = await accelerated.predict(inputs);
      } catch (error) {
        // Where the processor fails too, the model is at fault and says so itself.
        await onProcessor(rows, inputs);
        throw new AcceleratorDistrusted(provider, 'fails', { cause: error });
      }
      if (rows === null && !first && random() >= 1 / WHOLE_EVERY) return outputs;
      const expected = await onProcessor(rows, inputs);
      const problem = difference(rows === null ? outputs : takeRows(outputs, rows), expected);
      if (problem !== null)
        throw new AcceleratorDistrusted(provider, 'differs', { cause: new Error(problem) });
      return outputs;
    },
    async dispose() {
      await accelerated.dispose();
      await processor.dispose();
    },
  };
}

/** Rows to compute again, in order; null where only a whole batch can be. */
function chooseRows(
  { signature }: Runner,
  inputs: readonly NamedTensor[],
  wanted: number,
  random: () => number,
): readonly number[] | null {
  const isFree = ({ shape }: TensorSpec) => shape.length > 0 && shape[0] === null;
  const count = inputs[0]?.shape[0];
  if (count === undefined || !inputs.every(({ shape }) => shape[0] === count)) return null;
  if (!signature.inputs.every(isFree) || !signature.outputs.every(isFree)) return null;
  const rows = new Set<number>();
  while (rows.size < Math.min(wanted, count)) rows.add(Math.floor(random() * count));
  return [...rows].sort((left, right) => left - right);
}

function takeRows(tensors: readonly NamedTensor[], rows: readonly number[]): NamedTensor[] {
  return tensors.map((tensor) => {
    const shape = [rows.length, ...tensor.shape.slice(1)];
    const size = elementCount(tensor.shape.slice(1));
    const { data } = tensor;
    const taken = new (data.constructor as new (length: number) => TensorData)(rows.length * size);
    for (const [index, row] of rows.entries())
      taken.set(data.subarray(row * size, (row + 1) * size) as never, index * size);
    return { ...tensor, shape, data: taken };
  });
}

/** What is wrong, or null. Whole numbers and truth values have to be equal. */
export function difference(
  actual: readonly NamedTensor[],
  expected: readonly NamedTensor[],
): string | null {
  for (const right of expected) {
    const left = actual.find(({ name }) => name === right.name);
    if (left === undefined) return `output ${right.name} is missing`;
    if (left.dtype !== right.dtype || left.shape.join() !== right.shape.join())
      return `output ${right.name} has another type or shape`;
    const { dtype } = right;
    const share =
      dtype === 'float32' || dtype === 'float64' || dtype === 'float16' ? TOLERANCES[dtype] : 0;
    const [ours, theirs] = [numbers(left), numbers(right)];
    let largest = 0;
    for (const value of theirs)
      if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
    let worst = 0;
    for (const [index, value] of theirs.entries()) {
      const other = ours[index];
      // Infinities and not-a-number agree with themselves only.
      if (other === undefined || Object.is(other, value) || other === value) continue;
      const gap = Math.abs(other - value);
      worst = Math.max(worst, Number.isFinite(gap) ? gap : Infinity);
    }
    if (worst > share * largest + (share === 0 ? 0 : SMALLEST))
      return `output ${right.name} by ${worst.toExponential(1)}, largest value ${largest.toExponential(1)}`;
  }
  return null;
}

function numbers({ dtype, data }: NamedTensor): Float64Array {
  const values =
    dtype === 'float16' ? new Float16Array(data.buffer, data.byteOffset, data.length) : data;
  return Float64Array.from(values as Iterable<number | bigint>, Number);
}

/** Numbers in [0, 1). Source: mulberry32 by Tommy Ettinger, public domain. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
