/**
 * Batches for a model out of the raw rows of a task.
 *
 * Floating-point inputs are x = (raw * scale - mean) / std in float32: raw, scale, mean and std are
 * rounded to float32 first and every operation rounds to float32, in this order, mean and std per
 * channel and left out when not given. That is what PyTorch computes for `x.float() * scale`,
 * `.sub(mean)`, `.div(std)`, to the bit. float16 inputs are that x rounded to nearest even, float64
 * inputs that x widened. Integer inputs are raw values.
 */
import { EvaluationFailure } from '../sandbox/failure.ts';
import { DTYPES, elementCount } from '../sandbox/tensor.ts';
import type { DType, NamedTensor, Tensor, TensorData } from '../sandbox/tensor.ts';
import { batchShape } from './signature.ts';
import type { NegotiatedInput } from './signature.ts';
import type { FeedOptions, TaskSpec } from './task.ts';

/** Which rows to feed, in order: row `row[i]` of source `source[i]`. */
export interface RowOrder {
  readonly source: Uint16Array;
  readonly row: Int32Array;
}

export interface Feeder {
  /**
   * @param start first position in the order.
   * @param rows how many positions; the tensor has `size` rows, the last ones repeating the final row.
   * @returns a tensor that holds until the batch after the next one is asked for: buffers take turns,
   *   since fresh ones for every batch would keep the garbage collector busy beside the engine.
   */
  batch(start: number, rows: number, size: number): NamedTensor;
}

/** One batch is with the model while the next one is being made. */
const BUFFERS = 2;

/**
 * @param sources raw rows, each [N, H, W, C] in the task's dtype.
 * @throws EvaluationFailure `feed-channels` when mean or std has neither one value nor one per channel.
 */
export function createFeeder(
  sources: readonly Tensor[],
  order: RowOrder,
  input: NegotiatedInput,
  taskInput: TaskSpec['input'],
  options: FeedOptions = {},
): Feeder {
  const { inputName, dtype, layout } = input;
  const channels = taskInput.shape[2] ?? 1;
  const pixels = elementCount(taskInput.shape) / channels;
  const rowLength = pixels * channels;
  // One channel is the same in both orders, so the plain copy serves it too.
  const planar = layout === 'nchw' && channels > 1;
  const raw = sources.map(({ data }) => data as Uint8Array | Float32Array);
  const write = isFloat(dtype)
    ? floatWriter(taskInput, channelTransform(taskInput.scale, channels, options))
    : null;

  const buffers = Array.from({ length: BUFFERS }, () => new Float32Array(0));
  const nextBuffer = (length: number): Float32Array<ArrayBuffer> => {
    let buffer = buffers.shift() ?? new Float32Array(0);
    if (buffer.length < length) buffer = new Float32Array(length);
    buffers.push(buffer);
    return buffer.subarray(0, length);
  };

  return {
    batch(start, rows, size) {
      const shape = batchShape(layout, size, taskInput.shape);
      // Floats are computed in float32 whatever the model wants, then converted at once.
      const data = write === null ? newData(dtype, size * rowLength) : nextBuffer(size * rowLength);
      for (let index = 0; index < size; index++) {
        const position = start + Math.min(index, rows - 1);
        const source = raw[order.source[position] ?? 0];
        if (source === undefined) throw new RangeError(`there is no source of row ${position}`);
        const from = (order.row[position] ?? 0) * rowLength;
        const to = index * rowLength;
        if (write === null) copyRaw(source, from, data, to, pixels, channels, planar);
        else write(source, from, data as Float32Array, to, pixels, channels, planar);
      }
      return { name: inputName, dtype, shape, data: fromFloat32(data, dtype) };
    },
  };
}

interface ChannelTransform {
  readonly scale: number;
  /** Per channel; null where none was given. */
  readonly mean: Float32Array | null;
  readonly std: Float32Array | null;
}

function channelTransform(
  taskScale: number,
  channels: number,
  options: FeedOptions,
): ChannelTransform {
  return {
    scale: Math.fround(options.scale ?? taskScale),
    mean: perChannel('mean', options.mean, channels),
    std: perChannel('std', options.std, channels),
  };
}

function perChannel(
  name: string,
  values: readonly number[] | undefined,
  channels: number,
): Float32Array | null {
  if (values === undefined || values.length === 0) return null;
  if (values.length !== 1 && values.length !== channels) {
    throw new EvaluationFailure('feed-channels', {
      option: name,
      expected: channels,
      received: values.length,
    });
  }
  return Float32Array.from({ length: channels }, (_, channel) => values[channel] ?? values[0] ?? 0);
}

type RowWriter = (
  source: Uint8Array | Float32Array,
  from: number,
  target: Float32Array,
  to: number,
  pixels: number,
  channels: number,
  planar: boolean,
) => void;

function floatWriter(taskInput: TaskSpec['input'], transform: ChannelTransform): RowWriter {
  return taskInput.dtype === 'uint8'
    ? tableWriter(transform, taskInput)
    : arithmeticWriter(transform);
}

/** A byte has 256 values: each is computed once per channel and then looked up. */
function tableWriter(transform: ChannelTransform, taskInput: TaskSpec['input']): RowWriter {
  const tables = Array.from({ length: taskInput.shape[2] ?? 1 }, (_, channel) =>
    Float32Array.from({ length: 256 }, (_unused, value) => apply(value, transform, channel)),
  );
  return (source, from, target, to, pixels, channels, planar) => {
    // Local views with plain indices are what the engine turns into its fastest loop.
    const bytes = source.subarray(from, from + pixels * channels) as Uint8Array;
    const out = target.subarray(to, to + pixels * channels);
    for (let channel = 0; channel < channels; channel++) {
      const table = tables[channel] as Float32Array;
      if (channels === 1) {
        for (let index = 0; index < pixels; index++) {
          out[index] = table[bytes[index] as number] as number;
        }
      } else {
        const step = planar ? 1 : channels;
        let write = planar ? channel * pixels : channel;
        for (let read = channel; read < bytes.length; read += channels, write += step) {
          out[write] = table[bytes[read] as number] as number;
        }
      }
    }
  };
}

function arithmeticWriter(transform: ChannelTransform): RowWriter {
  return (source, from, target, to, pixels, channels, planar) => {
    for (let channel = 0; channel < channels; channel++) {
      const step = planar ? 1 : channels;
      let write = planar ? to + channel * pixels : to + channel;
      let read = from + channel;
      for (let pixel = 0; pixel < pixels; pixel++, read += channels, write += step) {
        target[write] = apply(source[read] as number, transform, channel);
      }
    }
  };
}

/** Rounding each double result to float32 equals float32 arithmetic, for these four operations. */
function apply(value: number, { scale, mean, std }: ChannelTransform, channel: number): number {
  let x = Math.fround(Math.fround(value) * scale);
  if (mean !== null) x = Math.fround(x - (mean[channel] as number));
  if (std !== null) x = Math.fround(x / (std[channel] as number));
  return x;
}

function copyRaw(
  source: Uint8Array | Float32Array,
  from: number,
  target: TensorData,
  to: number,
  pixels: number,
  channels: number,
  planar: boolean,
): void {
  if (target instanceof Uint8Array && source instanceof Uint8Array && !planar) {
    target.set(source.subarray(from, from + pixels * channels), to);
    return;
  }
  const big = target instanceof BigInt64Array || target instanceof BigUint64Array;
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      const value = source[from + pixel * channels + channel] as number;
      const write = to + (planar ? channel * pixels + pixel : pixel * channels + channel);
      if (big) target[write] = BigInt(value);
      else target[write] = value;
    }
  }
}

function fromFloat32(data: TensorData, dtype: DType): TensorData {
  if (dtype === 'float64') return Float64Array.from(data as Float32Array);
  if (dtype === 'float16') return new Uint16Array(Float16Array.from(data as Float32Array).buffer);
  return data;
}

function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16';
}

function newData(dtype: DType, length: number): TensorData {
  return new DTYPES[dtype](length);
}
