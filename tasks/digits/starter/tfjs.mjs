// Train a small network with TensorFlow.js in Node and save it as a LayersModel.
//
//   npm install @tensorflow/tfjs-core @tensorflow/tfjs-layers @tensorflow/tfjs-backend-wasm
//   node tfjs.mjs digits-train-images-idx3-ubyte.gz digits-train-labels-idx1-ubyte.gz
//
// Submit the two files that it writes, model.json and weights.bin, together.
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';

const images = process.argv[2] ?? 'digits-train-images-idx3-ubyte.gz';
const labels = process.argv[3] ?? 'digits-train-labels-idx1-ubyte.gz';
const pixels = Float32Array.from(gunzipSync(readFileSync(images)).subarray(16), (p) => p / 255);
const digits = Int32Array.from(gunzipSync(readFileSync(labels)).subarray(8));

await tf.setBackend('wasm');
const x = tf.tensor(pixels, [digits.length, 28, 28, 1]);
const y = tf.oneHot(digits, 10);

const model = sequential({
  layers: [
    layers.flatten({ inputShape: [28, 28, 1] }),
    layers.dense({ units: 128, activation: 'relu' }),
    layers.dense({ units: 10, activation: 'softmax' }),
  ],
});
model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
for (let epoch = 1; epoch <= 10; epoch++) {
  const { history } = await model.fit(x, y, { batchSize: 64 });
  console.log(`epoch ${epoch}: loss ${history.loss[0].toFixed(4)}`);
}

await model.save({
  async save({ format, modelTopology, weightSpecs, weightData }) {
    const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
    writeFileSync('model.json', JSON.stringify({ format, modelTopology, weightsManifest }));
    writeFileSync('weights.bin', new Uint8Array(weightData));
    return {};
  },
});
