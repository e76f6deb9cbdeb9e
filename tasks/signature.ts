/**
 * What a model wants and gives, against what the task has: one input of images, one output of class
 * scores. Names, shapes and dtypes are the model's own and therefore untrusted.
 */
import { EvaluationFailure } from '../sandbox/failure.ts';
import type { Signature } from '../sandbox/model.ts';
import { elementCount, formatShape } from '../sandbox/tensor.ts';
import type { DType, TensorSpec } from '../sandbox/tensor.ts';
import type { FeedOptions, TaskSpec } from './task.ts';

/**
 * Where height (H), width (W) and channels (C) stand in the model's input. `nhw` leaves out a single
 * channel; `flat` is [N, H*W*C], row-major as in `nhwc`.
 */
export type InputLayout = 'nhwc' | 'nchw' | 'nhw' | 'flat';

export interface NegotiatedInput {
  readonly inputName: string;
  readonly dtype: DType;
  readonly layout: InputLayout;
  /** Rows that each request must have; null where the model takes any number. */
  readonly batch: number | null;
}

/** Larger fixed batches would make the server build tensors of a size that the submission chooses. */
const MAX_FIXED_BATCH = 4096;
const MAX_FIXED_ELEMENTS = 64 * 1024 ** 2;

const FLOAT_DTYPES: readonly DType[] = ['float32', 'float64', 'float16'];
/** Integer inputs get raw values, so every raw value must fit. */
const INTEGER_DTYPES: readonly DType[] = [
  'uint8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'uint64',
  'int64',
];

/** @throws EvaluationFailure `input-count`, `input-shape` or `input-dtype`, stating both sides. */
export function negotiateInput(
  signature: Signature,
  taskInput: TaskSpec['input'],
  options: FeedOptions = {},
): NegotiatedInput {
  const [input] = signature.inputs;
  if (input === undefined || signature.inputs.length !== 1) {
    throw new EvaluationFailure('input-count', {
      expected: 1,
      received: signature.inputs.map(({ name }) => name).join(', ') || 0,
    });
  }
  const accepted =
    taskInput.dtype === 'uint8' ? [...FLOAT_DTYPES, ...INTEGER_DTYPES] : FLOAT_DTYPES;
  if (!accepted.includes(input.dtype)) {
    throw new EvaluationFailure('input-dtype', {
      expected: accepted.join(', '),
      received: input.dtype,
    });
  }
  const layouts = acceptedLayouts(taskInput.shape, options.layout);
  const fitting = layouts.filter(({ shape }) => fits(input.shape, shape));
  // Where the shapes leave it open, the entrant's word counts first, then the framework's habit.
  const preferred = options.layout ?? signature.layout;
  const chosen = fitting.find(({ layout }) => layout === preferred) ?? fitting[0];
  const batch = input.shape[0] ?? null;
  if (chosen === undefined || (batch !== null && !isUsableBatch(batch, taskInput.shape))) {
    throw new EvaluationFailure('input-shape', {
      expected: layouts.map(({ shape }) => formatShape([null, ...shape])).join(' | '),
      received: formatShape(input.shape),
    });
  }
  return { inputName: input.name, dtype: input.dtype, layout: chosen.layout, batch };
}

function isUsableBatch(batch: number, taskShape: readonly number[]): boolean {
  const elements = batch * elementCount(taskShape);
  return batch === 1 || (batch > 1 && batch <= MAX_FIXED_BATCH && elements <= MAX_FIXED_ELEMENTS);
}

/** The shape of a batch of `rows` in a layout. */
export function batchShape(
  layout: InputLayout,
  rows: number,
  taskShape: readonly number[],
): readonly number[] {
  const [height = 0, width = 0, channels = 0] = taskShape;
  switch (layout) {
    case 'nhwc':
      return [rows, height, width, channels];
    case 'nchw':
      return [rows, channels, height, width];
    case 'nhw':
      return [rows, height, width];
    case 'flat':
      return [rows, height * width * channels];
  }
}

/**
 * The output that holds the scores: the only one, or the first that fits where a model has more (as
 * exporters of classic classifiers add a label).
 *
 * @throws EvaluationFailure `output-shape` or `output-dtype`, stating both sides.
 */
export function negotiateOutput(signature: Signature, classes: number): { outputName: string } {
  const fitting = signature.outputs.filter(
    ({ shape }) => shape.length === 2 && fits(shape, [classes]),
  );
  const usable = fitting.find(({ dtype }) => FLOAT_DTYPES.includes(dtype));
  if (usable !== undefined) return { outputName: usable.name };
  const [wrongDtype] = fitting;
  if (wrongDtype !== undefined) {
    throw new EvaluationFailure('output-dtype', {
      expected: FLOAT_DTYPES.join(', '),
      received: wrongDtype.dtype,
    });
  }
  throw new EvaluationFailure('output-shape', {
    expected: formatShape([null, classes]),
    received: signature.outputs.map(({ shape }) => formatShape(shape)).join(' | ') || 0,
  });
}

interface AcceptedLayout {
  readonly layout: InputLayout;
  /** Without the leading batch dimension. */
  readonly shape: readonly number[];
}

/** In order of preference where nothing else decides. An explicit layout leaves out the other one. */
function acceptedLayouts(
  taskShape: readonly number[],
  only: 'nchw' | 'nhwc' | undefined,
): AcceptedLayout[] {
  const layouts: InputLayout[] = [
    'nhwc',
    'nchw',
    ...(taskShape[2] === 1 ? ['nhw' as const] : []),
    'flat',
  ];
  return layouts
    .filter(
      (layout) => only === undefined || (layout !== 'nhwc' && layout !== 'nchw') || layout === only,
    )
    .map((layout) => ({ layout, shape: batchShape(layout, 1, taskShape).slice(1) }));
}

/** Rank equal and every declared dimension after the batch equal; a free dimension fits anything. */
function fits(declared: TensorSpec['shape'], wanted: readonly number[]): boolean {
  return (
    declared.length === wanted.length + 1 &&
    wanted.every((dim, index) => {
      const own = declared[index + 1];
      return own === null || own === dim;
    })
  );
}
