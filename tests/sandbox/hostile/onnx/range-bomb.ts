// Counts to ten milliards in one tensor.
// expect: MEMORY_LIMIT | LOAD_ERROR | RUN_ERROR
import { INT64, attribute, node, tensor } from '../../make-onnx.ts';
import { upload } from './upload.ts';

export const files = upload(
  [
    node('Range', ['start', 'limit', 'step'], ['numbers']),
    node('Cast', ['numbers'], ['floats'], { attributes: [attribute('to', { int: 1 })] }),
    node('ReduceMax', ['floats'], ['most']),
    node('Add', ['x', 'most'], ['y']),
  ],
  [
    tensor({ name: 'start', type: INT64, int64s: [0n] }),
    tensor({ name: 'limit', type: INT64, int64s: [10n ** 10n] }),
    tensor({ name: 'step', type: INT64, int64s: [1n] }),
  ],
);
