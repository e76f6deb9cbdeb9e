/** Builds TensorFlow.js uploads in memory: real ones saved by the library, and graphs written by hand. */
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { ArtifactFile } from '../../sandbox/request.ts';

const encoder = new TextEncoder();

export interface ModelJson {
  format?: string;
  modelTopology: Record<string, unknown>;
  signature?: Record<string, unknown>;
  weightsManifest: {
    paths: string[];
    weights: Record<string, unknown>[];
  }[];
}

export function jsonFile(value: unknown, name = 'model.json'): ArtifactFile {
  return { name, bytes: encoder.encode(JSON.stringify(value)) };
}

export interface LayersUpload {
  readonly json: ModelJson;
  readonly weights: Uint8Array;
}

/** What `model.save` writes: the JSON and one weight file `weights.bin`. */
export async function saveLayers(model: LayersModel): Promise<LayersUpload> {
  let saved: LayersUpload | undefined;
  await model.save({
    save: (artifacts) => {
      const { weightData } = artifacts;
      const buffer = weightData instanceof ArrayBuffer ? weightData : new ArrayBuffer(0);
      saved = {
        json: {
          format: 'layers-model',
          modelTopology: artifacts.modelTopology as Record<string, unknown>,
          weightsManifest: [
            {
              paths: ['weights.bin'],
              weights: (artifacts.weightSpecs ?? []) as unknown as Record<string, unknown>[],
            },
          ],
        },
        weights: new Uint8Array(buffer),
      };
      return Promise.resolve({
        modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' },
      });
    },
  });
  if (saved === undefined) throw new Error('nothing was saved');
  return saved;
}

export function upload({ json, weights }: LayersUpload): ArtifactFile[] {
  return [jsonFile(json), { name: 'weights.bin', bytes: weights }];
}

/** A copy to change without touching the original. */
export function copyJson(json: ModelJson): ModelJson {
  return structuredClone(json);
}

export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Record<string, unknown>;
}

export function placeholder(name: string, dims: readonly number[], dtype = 'DT_FLOAT'): GraphNode {
  return {
    name,
    op: 'Placeholder',
    attr: {
      dtype: { type: dtype },
      shape: { shape: { dim: dims.map((size) => ({ size: String(size) })) } },
    },
  };
}

export function constant(name: string, dtype = 'DT_FLOAT'): GraphNode {
  return { name, op: 'Const', attr: { dtype: { type: dtype } } };
}

/** A graph model with its weights in `group1-shard1of1.bin`. */
export function graphUpload(
  nodes: readonly GraphNode[],
  weights: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly values: Float32Array;
  }[],
  library: readonly unknown[] = [],
): LayersUpload {
  const bytes = new Uint8Array(weights.reduce((sum, { values }) => sum + values.byteLength, 0));
  let at = 0;
  for (const { values } of weights) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return {
    json: {
      format: 'graph-model',
      modelTopology: {
        node: nodes,
        library: { function: library },
        versions: { producer: 1286, minConsumer: 0 },
      },
      weightsManifest: [
        {
          paths: ['weights.bin'],
          weights: weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' })),
        },
      ],
    },
    weights: bytes,
  };
}

/** `y = x W + b` as a frozen graph: input `x` `[N, 2]`, output `y` `[N, 3]`. */
export function linearGraph(dtype = 'DT_FLOAT'): LayersUpload {
  const isFloat = dtype === 'DT_FLOAT';
  return graphUpload(
    [
      placeholder('x', [-1, 2], dtype),
      ...(isFloat
        ? []
        : [
            {
              name: 'cast',
              op: 'Cast',
              input: ['x'],
              attr: { SrcT: { type: dtype }, DstT: { type: 'DT_FLOAT' } },
            },
          ]),
      constant('w'),
      constant('b'),
      { name: 'xw', op: 'MatMul', input: [isFloat ? 'x' : 'cast', 'w'], attr: {} },
      { name: 'y', op: 'BiasAdd', input: ['xw', 'b'], attr: {} },
    ],
    [
      { name: 'w', shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) },
      { name: 'b', shape: [3], values: Float32Array.of(10, 20, 30) },
    ],
  );
}

/** Tensors that the library holds, for tests that look for leaks. */
export function liveTensors(): number {
  return tf.memory().numTensors;
}
