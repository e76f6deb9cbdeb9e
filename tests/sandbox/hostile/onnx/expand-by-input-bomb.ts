// Takes the size of a tensor from the pixels, so that no check of the file can see it.
// expect: MEMORY_LIMIT | RUN_ERROR
import { INT64, attribute, node, tensor } from '../../make-onnx.ts';
import { upload } from './upload.ts';

export const files = upload(
  [
    node('ReduceSum', ['x', 'axes'], ['sum'], { attributes: [attribute('keepdims', { int: 0 })] }),
    node('Cast', ['sum'], ['count'], { attributes: [attribute('to', { int: 7 })] }),
    node('Mul', ['count', 'shape'], ['wide']),
    node('Expand', ['one', 'wide'], ['ones']),
    node('Exp', ['ones'], ['waves']),
    node('ReduceMax', ['waves'], ['most']),
    node('Add', ['x', 'most'], ['y']),
  ],
  [
    tensor({ name: 'axes', type: INT64, dims: [2], int64s: [0n, 1n] }),
    tensor({ name: 'shape', type: INT64, dims: [2], int64s: [100_000n, 1000n] }),
    tensor({ name: 'one', dims: [1, 1], floats: [1] }),
  ],
);
