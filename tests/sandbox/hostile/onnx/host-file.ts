// Asks for a file of the machine as its weights.
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
        ['location', '../../../../etc/passwd'],
        ['offset', '0'],
        ['length', '8'],
      ],
    }),
  ],
);
