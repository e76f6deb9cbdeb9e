// A layer that carries code, as Keras allows.
// expect: BAD_FORMAT tfjs-layer
import { jsonFile } from '../../make-tfjs.ts';

export const files = [
  jsonFile({
    format: 'layers-model',
    modelTopology: {
      model_config: {
        class_name: 'Sequential',
        config: {
          name: 'sequential',
          layers: [
            {
              class_name: 'Lambda',
              config: {
                name: 'code',
                batch_input_shape: [null, 2],
                function: ['return process.env', null, null],
              },
            },
          ],
        },
      },
    },
    weightsManifest: [],
  }),
];
