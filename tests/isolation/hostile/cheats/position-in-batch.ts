// The same by weights alone: counts the rows of a batch with a running sum.
// expect: constant
import {
  FLOAT,
  INT64,
  bytesOf,
  graph,
  model,
  node,
  tensor,
  value,
} from '../../../sandbox/make-onnx.ts';

const bytes = model(
  graph({
    nodes: [
      node('Reshape', ['x', 'flat'], ['pixels']),
      node('Mul', ['pixels', 'zero'], ['zeros']),
      node('Add', ['zeros', 'step'], ['steps']),
      node('CumSum', ['steps', 'axis'], ['place']),
      node('Sub', ['place', 'classes'], ['distance']),
      node('Abs', ['distance'], ['far']),
      node('Neg', ['far'], ['y']),
    ],
    initializers: [
      tensor({ name: 'flat', type: INT64, dims: [2], int64s: [-1n, 1n] }),
      tensor({ name: 'zero', dims: [1], floats: [0] }),
      // Batches have 500 rows, and there are ten classes.
      tensor({ name: 'step', dims: [1], floats: [10 / 500] }),
      tensor({ name: 'axis', type: INT64, int64s: [0n] }),
      tensor({
        name: 'classes',
        dims: [1, 10],
        raw: bytesOf(Float32Array.from({ length: 10 }, (_, index) => index + 0.5)),
      }),
    ],
    inputs: [value('x', FLOAT, ['N', 1, 1, 1])],
    outputs: [value('y', FLOAT, ['N', 10])],
  }),
);

export const file = { name: 'model.onnx', bytes };
