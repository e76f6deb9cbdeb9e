// Names the engine's own marker of a memory address as its weights' location, at an address of its choice.
// expect: BAD_FORMAT onnx-data-location
import { node, tensor } from '../../make-onnx.ts';
import { upload } from './upload.ts';

export const files = upload(
  [node('Add', ['x', 'w'], ['y'])],
  [
    tensor({
      name: 'w',
      dims: [2],
      external: [
        ['location', '*/_ORT_MEM_ADDR_/*'],
        ['offset', '4194304'],
        ['length', '8'],
      ],
    }),
  ],
);
