// Thirty bytes that ask for a tensor of 4 TiB.
// expect: MEMORY_LIMIT | LOAD_ERROR | RUN_ERROR
import { INT64, attribute, node, tensor } from '../../make-onnx.ts';
import { upload } from './upload.ts';

export const files = upload(
  [
    node('ConstantOfShape', ['shape'], ['ones'], {
      attributes: [attribute('value', { tensor: tensor({ dims: [1], floats: [1] }) })],
    }),
    node('ReduceSum', ['ones', 'axis'], ['sum']),
    node('Add', ['x', 'sum'], ['y']),
  ],
  [
    tensor({ name: 'shape', type: INT64, dims: [2], int64s: [2n ** 39n, 2n] }),
    tensor({ name: 'axis', type: INT64, dims: [1], int64s: [0n] }),
  ],
);
