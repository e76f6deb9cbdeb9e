import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EvaluationFailure } from '../../../sandbox/failure.ts';
import type { Signature } from '../../../sandbox/model.ts';
import type { DType } from '../../../sandbox/tensor.ts';
import { negotiateInput, negotiateOutput } from '../../../tasks/signature.ts';

const digits = { name: 'image', dtype: 'uint8', shape: [28, 28, 1], scale: 1 / 255 } as const;
const colour = { name: 'image', dtype: 'uint8', shape: [32, 48, 3], scale: 1 / 255 } as const;

function signature(
  inputShape: readonly (number | null)[],
  options: {
    dtype?: DType;
    layout?: 'nchw' | 'nhwc';
    outputs?: { shape: readonly (number | null)[]; dtype?: DType }[];
  } = {},
): Signature {
  return {
    inputs: [{ name: 'x', dtype: options.dtype ?? 'float32', shape: inputShape }],
    outputs: (options.outputs ?? [{ shape: [null, 10] }]).map(({ shape, dtype }, index) => ({
      name: `y${index}`,
      dtype: dtype ?? 'float32',
      shape,
    })),
    layout: options.layout ?? 'nchw',
  };
}

function failureOf(run: () => unknown): EvaluationFailure['failure'] {
  try {
    run();
  } catch (error) {
    if (error instanceof EvaluationFailure) return error.failure;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('negotiateInput', () => {
  it.each([
    [[null, 28, 28, 1], 'nhwc', null],
    [[null, 1, 28, 28], 'nchw', null],
    [[null, 28, 28], 'nhw', null],
    [[null, 784], 'flat', null],
    [[1, 28, 28, 1], 'nhwc', 1],
    [[64, 1, 28, 28], 'nchw', 64],
    [[null, null], 'flat', null],
    [[null, 1, null, null], 'nchw', null],
    [[null, null, null, 1], 'nhwc', null],
  ] as const)('feeds %j as %s with batch %s', (shape, layout, batch) => {
    expect(negotiateInput(signature(shape), digits)).toEqual({
      inputName: 'x',
      dtype: 'float32',
      layout,
      batch,
    });
  });

  it('lets the framework decide where the shape leaves the layout open', () => {
    const open = [null, null, null, null];
    expect(negotiateInput(signature(open, { layout: 'nchw' }), digits).layout).toBe('nchw');
    expect(negotiateInput(signature(open, { layout: 'nhwc' }), digits).layout).toBe('nhwc');
  });

  it('lets the entrant overrule the framework', () => {
    const open = signature([null, null, null, null], { layout: 'nchw' });
    expect(negotiateInput(open, digits, { layout: 'nhwc' }).layout).toBe('nhwc');
  });

  it('refuses a shape that contradicts the layout the entrant named', () => {
    const failure = failureOf(() =>
      negotiateInput(signature([null, 28, 28, 1]), digits, { layout: 'nchw' }),
    );
    expect(failure).toMatchObject({
      code: 'BAD_SHAPE',
      params: { expected: '[N,1,28,28] | [N,28,28] | [N,784]', received: '[N,28,28,1]' },
    });
  });

  it.each([
    [[null, 32, 32, 1]],
    [[null, 3, 28, 28]],
    [[null, 783]],
    [[28, 28]],
    [[]],
    [[0, 784]],
    [[5000, 784]],
    [[null, 1, 1, 28, 28]],
  ])('refuses %j, stating both sides', (shape) => {
    const failure = failureOf(() => negotiateInput(signature(shape), digits));
    expect(failure.reason).toBe('input-shape');
    expect(failure.params['expected']).toBe('[N,28,28,1] | [N,1,28,28] | [N,28,28] | [N,784]');
  });

  it('offers no shape without channels for colour images', () => {
    const failure = failureOf(() => negotiateInput(signature([null, 32, 48]), colour));
    expect(failure.params['expected']).toBe('[N,32,48,3] | [N,3,32,48] | [N,4608]');
  });

  it.each(['bool', 'int8'] as const)('refuses %s, which cannot hold every raw value', (dtype) => {
    const failure = failureOf(() => negotiateInput(signature([null, 784], { dtype }), digits));
    expect(failure).toMatchObject({ reason: 'input-dtype', params: { received: dtype } });
  });

  it('refuses an integer input for a task whose rows are real numbers', () => {
    const real = { ...digits, dtype: 'float32' } as const;
    const failure = failureOf(() =>
      negotiateInput(signature([null, 784], { dtype: 'int32' }), real),
    );
    expect(failure.params['expected']).toBe('float32, float64, float16');
  });

  it('refuses more than one input and names them', () => {
    const one = signature([null, 784]);
    const mask = { name: 'mask', dtype: 'float32', shape: [null, 784] } as const;
    const two = { ...one, inputs: [...one.inputs, mask] };
    expect(failureOf(() => negotiateInput(two, digits))).toMatchObject({
      reason: 'input-count',
      params: { expected: 1, received: 'x, mask' },
    });
  });

  it('accepts every way of leaving dimensions of a fitting shape free', () => {
    const dims = fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean());
    fc.assert(
      fc.property(dims, fc.constantFrom('nhwc' as const, 'nchw' as const), (free, layout) => {
        const shape = layout === 'nhwc' ? [16, 32, 48, 3] : [16, 3, 32, 48];
        const declared = shape.map((dim, axis) => (free[axis] === true ? null : dim));
        const negotiated = negotiateInput(signature(declared, { layout }), colour);
        expect(negotiated.layout).toBe(layout);
        expect(negotiated.batch).toBe(free[0] ? null : 16);
      }),
    );
  });
});

describe('negotiateOutput', () => {
  it.each([[[null, 10]], [[null, null]], [[64, 10]]])('takes scores of shape %j', (shape) => {
    const one = signature([null, 784], { outputs: [{ shape }] });
    expect(negotiateOutput(one, 10)).toEqual({ outputName: 'y0' });
  });

  it('finds the scores beside a label', () => {
    const both = signature([null, 784], {
      outputs: [{ shape: [null], dtype: 'int64' }, { shape: [null, 10] }],
    });
    expect(negotiateOutput(both, 10)).toEqual({ outputName: 'y1' });
  });

  it.each([
    [[null, 9], '[N,9]'],
    [[null], '[N]'],
    [[null, 10, 1, 1], '[N,10,1,1]'],
  ])('refuses %j, stating both sides', (shape, received) => {
    const one = signature([null, 784], { outputs: [{ shape }] });
    expect(failureOf(() => negotiateOutput(one, 10))).toMatchObject({
      code: 'BAD_SHAPE',
      reason: 'output-shape',
      params: { expected: '[N,10]', received },
    });
  });

  it('refuses integer scores', () => {
    const one = signature([null, 784], { outputs: [{ shape: [null, 10], dtype: 'int64' }] });
    expect(failureOf(() => negotiateOutput(one, 10))).toMatchObject({
      reason: 'output-dtype',
      params: { received: 'int64' },
    });
  });
});
