// Asks the library to fetch its weights from the machine.
// expect: BAD_FORMAT tfjs-weights-path
import { jsonFile } from '../../make-tfjs.ts';

export const files = [
  jsonFile({
    format: 'graph-model',
    modelTopology: {
      node: [{ name: 'x', op: 'Placeholder', attr: { dtype: { type: 'DT_FLOAT' } } }],
    },
    weightsManifest: [
      {
        paths: ['file:///etc/passwd'],
        weights: [{ name: 'w', dtype: 'float32', shape: [1] }],
      },
    ],
  }),
];
