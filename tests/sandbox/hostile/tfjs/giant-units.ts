// A dense layer of a milliard units without weights, for the library to fill with random ones.
// expect: BAD_FORMAT | MEMORY_LIMIT
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
              class_name: 'Dense',
              config: { name: 'dense', units: 1e9, batch_input_shape: [null, 2] },
            },
          ],
        },
      },
    },
    weightsManifest: [],
  }),
];
