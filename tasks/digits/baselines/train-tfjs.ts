/**
 * Trains the TF.js baseline of the digits task, on its train split alone, and writes
 * `tfjs/model.json` and `tfjs/weights.bin` beside this file.
 *
 *     node tasks/digits/baselines/train-tfjs.ts [train folder] [output folder]
 *
 * A small convolutional network from float32 [N, 28, 28, 1] in [0, 1] (raw pixels / 255) to class
 * probabilities [N, 10], trained on the wasm backend. The committed files were made by TF.js 4.22.0
 * under Node 24.21 in about a minute.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { initializers, layers, sequential } from '@tensorflow/tfjs-layers';
import type { Sequential } from '@tensorflow/tfjs-layers';
import { createRandom, shuffle } from '../../../scoring/random.ts';
import { parseNpy } from '../../data/npy.ts';

const SEED = 1998;
const EPOCHS = 12;
const BATCH = 50;
const PEAK_RATE = 0.05;
const SIDE = 28;
const CLASSES = 10;

const [
  trainFolder = path.join(import.meta.dirname, '../train'),
  outFolder = path.join(import.meta.dirname, 'tfjs'),
] = process.argv.slice(2);

await tf.setBackend('wasm');
registerFilterGradient();
const images = parseNpy(await readFile(path.join(trainFolder, 'images.npy')));
const labels = parseNpy(await readFile(path.join(trainFolder, 'labels.npy')));
const model = buildModel();
await train(
  model,
  Float32Array.from(images.data as Uint8Array, (raw) => raw / 255),
  Int32Array.from(labels.data as Uint8Array),
);
await save(model, outFolder);

/** LeNet's first half and a linear layer: 5,994 weights. */
function buildModel(): Sequential {
  const he = (seed: number) => initializers.heNormal({ seed });
  const conv = { kernelSize: 5, activation: 'relu' } as const;
  return sequential({
    name: 'small_cnn',
    layers: [
      layers.conv2d({
        ...conv,
        name: 'conv1',
        inputShape: [SIDE, SIDE, 1],
        filters: 8,
        kernelInitializer: he(SEED),
      }),
      layers.maxPooling2d({ name: 'pool1', poolSize: 2 }),
      layers.conv2d({ ...conv, name: 'conv2', filters: 16, kernelInitializer: he(SEED + 1) }),
      layers.maxPooling2d({ name: 'pool2', poolSize: 2 }),
      layers.flatten({ name: 'flatten' }),
      layers.dense({
        name: 'scores',
        units: CLASSES,
        activation: 'softmax',
        kernelInitializer: he(SEED + 2),
      }),
    ],
  });
}

/**
 * The wasm backend lacks the gradient of a convolution by its filter. For stride 1 without padding,
 * which is all that this network has, it is itself a convolution: of the images, channels taken for
 * rows, by the output's gradient.
 */
function registerFilterGradient(): void {
  tf.registerKernel({
    kernelName: 'Conv2DBackpropFilter',
    backendName: 'wasm',
    kernelFunc: ({ inputs }) =>
      tf.tidy(() => {
        const x = tf.transpose(inputs['x'] as tf.Tensor4D, [3, 1, 2, 0]);
        const dy = tf.transpose(inputs['dy'] as tf.Tensor4D, [1, 2, 0, 3]);
        return tf.transpose(tf.conv2d(x, dy, 1, 'valid'), [1, 2, 0, 3]);
      }),
  });
}

/** Momentum with a rate that rises for a tenth of the steps and then falls to zero as a cosine. */
async function train(model: Sequential, pixels: Float32Array, labels: Int32Array): Promise<void> {
  const random = createRandom(SEED);
  const optimizer = tf.train.momentum(PEAK_RATE, 0.9, true);
  model.compile({ optimizer, loss: 'categoricalCrossentropy' });
  const steps = EPOCHS * Math.ceil(labels.length / BATCH);
  const size = SIDE * SIDE;
  let step = 0;
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    const order = shuffle(Int32Array.from(labels.keys()), random);
    let sum = 0;
    for (let start = 0; start < order.length; start += BATCH) {
      const rows = order.subarray(start, start + BATCH);
      const batch = new Float32Array(rows.length * size);
      for (const [at, row] of rows.entries()) {
        batch.set(pixels.subarray(row * size, (row + 1) * size), at * size);
      }
      const done = ++step / steps;
      optimizer.setLearningRate(
        PEAK_RATE * (done < 0.1 ? done / 0.1 : (1 + Math.cos(Math.PI * ((done - 0.1) / 0.9))) / 2),
      );
      const x = tf.tensor4d(batch, [rows.length, SIDE, SIDE, 1]);
      const y = tf.tidy(() =>
        tf.oneHot(
          tf.tensor1d(
            Int32Array.from(rows, (row) => labels[row] ?? 0),
            'int32',
          ),
          CLASSES,
        ),
      );
      const loss = await model.trainOnBatch(x, y);
      sum += Number(loss) * rows.length;
      tf.dispose([x, y]);
    }
    console.log(`epoch ${epoch}: training loss ${(sum / order.length).toFixed(4)}`);
  }
}

/** The Layers format as `model.save` writes it to a folder: topology as JSON, weights in one file. */
async function save(model: Sequential, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await model.save(
    tf.io.withSaveHandler(
      async ({ modelTopology, weightSpecs, weightData, format, generatedBy }) => {
        const manifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
        const json = {
          format,
          generatedBy,
          convertedBy: null,
          modelTopology,
          weightsManifest: manifest,
        };
        const bytes = tf.io.CompositeArrayBuffer.join(weightData);
        await writeFile(path.join(folder, 'model.json'), `${JSON.stringify(json, null, 1)}\n`);
        await writeFile(path.join(folder, 'weights.bin'), new Uint8Array(bytes));
        return {
          modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' },
        };
      },
    ),
  );
}
