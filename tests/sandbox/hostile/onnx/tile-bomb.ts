// Repeats its input until it fills the memory, step by step so that no single size looks absurd.
// expect: MEMORY_LIMIT | RUN_ERROR
import { INT64, node, tensor } from '../../make-onnx.ts';
import { upload } from './upload.ts';

export const files = upload(
  [
    node('Tile', ['x', 'many'], ['a']),
    node('Tile', ['a', 'many'], ['b']),
    node('Tile', ['b', 'many'], ['c']),
    node('Exp', ['c'], ['d']),
    node('ReduceSum', ['d', 'axis'], ['e']),
    node('Add', ['x', 'e'], ['y']),
  ],
  [
    tensor({ name: 'many', type: INT64, dims: [2], int64s: [600n, 1n] }),
    tensor({ name: 'axis', type: INT64, dims: [1], int64s: [0n] }),
  ],
);
