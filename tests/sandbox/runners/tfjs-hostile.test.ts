import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, it } from 'vitest';
import { expectFailure } from '../expect-failure.ts';
import { file, load } from '../load-options.ts';
import {
  constant,
  copyJson,
  graphUpload,
  jsonFile,
  linearGraph,
  placeholder,
} from '../make-tfjs.ts';
import type { GraphNode, LayersUpload, ModelJson } from '../make-tfjs.ts';

const { json: GRAPH, weights: WEIGHTS } = linearGraph();
const SHARD = file('weights.bin', WEIGHTS);

function loadJson(json: unknown, ...others: ReturnType<typeof file>[]): Promise<unknown> {
  return load(jsonFile(json), ...(others.length === 0 ? [SHARD] : others));
}

/** A layers model of one dense layer, as JSON to be changed. */
function layersJson(): ModelJson & {
  modelTopology: {
    class_name: string;
    config: { name: string; layers: Record<string, unknown>[] };
  };
} {
  return {
    format: 'layers-model',
    modelTopology: {
      class_name: 'Sequential',
      config: {
        name: 'model',
        layers: [
          {
            class_name: 'Dense',
            config: { name: 'd', units: 3, batch_input_shape: [null, 2], use_bias: true },
          },
        ],
      },
    },
    weightsManifest: [
      {
        paths: ['weights.bin'],
        weights: [
          { name: 'd/kernel', shape: [2, 3], dtype: 'float32' },
          { name: 'd/bias', shape: [3], dtype: 'float32' },
        ],
      },
    ],
  };
}

function layersOf(json: ReturnType<typeof layersJson>): Record<string, unknown>[] {
  return json.modelTopology.config.layers;
}

function withLayer(layer: Record<string, unknown>): ReturnType<typeof layersJson> {
  const json = layersJson();
  json.modelTopology.config.layers.push(layer);
  return json;
}

describe('the path of a weight file', () => {
  it.each([
    ['../weights.bin'],
    ['../../../../etc/passwd'],
    ['.//weights.bin'],
    ['././weights.bin'],
    ['sub/weights.bin'],
    ['/etc/passwd'],
    ['/proc/self/environ'],
    ['..'],
    ['..\\weights.bin'],
    ['C:\\weights.bin'],
    ['file:///etc/passwd'],
    ['http://127.0.0.1:1/weights.bin'],
    ['https://example.org/weights.bin'],
    ['data:application/octet-stream;base64,AAAA'],
    ['indexeddb://model'],
    ['//example.org/weights.bin'],
    ['weights.bin?x=1'],
    ['weights.bin\0'],
    [''],
    [7],
    [null],
    [{ toString: 'weights.bin' }],
  ])('is refused outside of the upload: %j', async (path) => {
    const json = copyJson(GRAPH);
    json.weightsManifest = [{ paths: [path as string], weights: [] }];
    await expectFailure(() => loadJson(json), 'tfjs-weights-path');
  });

  it.each(['weights.bin', './weights.bin'])(
    'is refused when it is named twice: %s',
    async (path) => {
      const json = copyJson(GRAPH);
      json.weightsManifest[0]?.paths.push(path);
      await expectFailure(() => loadJson(json), 'tfjs-weights-path', { path });
    },
  );

  it.each(['group1-shard1of2.bin', 'WEIGHTS.BIN', '__proto__', 'constructor'])(
    'is called missing when no such file was uploaded: %s',
    async (path) => {
      const json = copyJson(GRAPH);
      json.weightsManifest = [{ paths: [path], weights: [] }];
      await expectFailure(() => loadJson(json), 'tfjs-weights-missing', { file: path });
    },
  );
});

describe('the weights', () => {
  it.each([
    ['too few', WEIGHTS.subarray(4), 32],
    ['too many', Buffer.concat([WEIGHTS, Buffer.alloc(4)]), 40],
  ])('are refused when the bytes are %s', async (_title, bytes, received) => {
    await expectFailure(() => loadJson(GRAPH, file('weights.bin', bytes)), 'tfjs-weights-bytes', {
      expected: 36,
      received,
    });
  });

  it('are refused with a shape of 10^18 elements', async () => {
    const json = copyJson(GRAPH);
    json.weightsManifest[0]?.weights.push({ name: 'big', shape: [1e9, 1e9], dtype: 'float32' });
    await expectFailure(() => loadJson(json), 'tfjs-weights-bytes');
  });

  it.each<[string, Record<string, unknown>]>([
    ['a negative dimension', { name: 'v', shape: [-1], dtype: 'float32' }],
    ['a fraction of a dimension', { name: 'v', shape: [0.5], dtype: 'float32' }],
    ['a dimension that is a text', { name: 'v', shape: ['3'], dtype: 'float32' }],
    ['nine dimensions', { name: 'v', shape: new Array(9).fill(1), dtype: 'float32' }],
    ['no shape', { name: 'v', dtype: 'float32' }],
    ['no name', { shape: [1], dtype: 'float32' }],
    ['texts', { name: 'v', shape: [1], dtype: 'string' }],
    ['a type that every object has', { name: 'v', shape: [1], dtype: 'constructor' }],
    ['a name that is taken', { name: 'w', shape: [1], dtype: 'float32' }],
    [
      'an unknown quantisation',
      { name: 'v', shape: [1], dtype: 'float32', quantization: { dtype: 'int4' } },
    ],
    [
      'a quantisation without scale',
      { name: 'v', shape: [1], dtype: 'float32', quantization: { dtype: 'uint8' } },
    ],
  ])('are refused with %s', async (_title, spec) => {
    const json = copyJson(GRAPH);
    json.weightsManifest[0]?.weights.push(spec);
    await expectFailure(() => loadJson(json), 'tfjs-not-model');
  });

  it.each([
    ['no list', {}],
    ['groups that are none', [7]],
    ['groups without paths', [{ weights: [] }]],
  ])('are refused with a manifest of %s', async (_title, weightsManifest) => {
    await expectFailure(() => loadJson({ ...GRAPH, weightsManifest }), 'tfjs-not-model');
  });
});

describe('a model.json', () => {
  it.each([
    ['nothing but text', 'hello'],
    ['a web page', '<html></html>'],
    ['JSON cut short', '{"modelTopology": {"node": ['],
    ['a comment', '{} // model'],
    ['NaN', '{"modelTopology": NaN}'],
    ['invalid UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
  ])('is refused as JSON: %s', async (_title, content) => {
    await expectFailure(() => load(file('model.json', content)), 'tfjs-not-json', {
      file: 'model.json',
    });
  });

  it.each<[string, unknown]>([
    ['a list', []],
    ['a number', 7],
    ['null', null],
    ['an empty object', {}],
    ['a package file', { name: 'x', version: '1.0.0' }],
    ['a topology that is a text', { modelTopology: 'x' }],
    ['a topology of nothing', { modelTopology: {} }],
    ['both kinds of topology', { modelTopology: { node: [], class_name: 'Sequential' } }],
    ['a format of another kind', { ...GRAPH, format: 'layers-model' }],
    ['a format that is unknown', { ...GRAPH, format: 'tf-frozen' }],
    ['nodes that are none', { modelTopology: { node: [7] } }],
    ['nodes without operator', { modelTopology: { node: [{ name: 'x' }] } }],
    ['a library that is none', { modelTopology: { node: [], library: { function: 7 } } }],
  ])('is refused as a model: %s', async (_title, json) => {
    await expectFailure(() => loadJson(json), 'tfjs-not-model', { file: 'model.json' });
  });

  it('is refused when it is nested too deep', async () => {
    let deep: unknown = 1;
    for (let level = 0; level < 3000; level += 1) deep = [deep];
    const json = copyJson(GRAPH);
    json.modelTopology['deep'] = deep;
    await expectFailure(() => loadJson(json), 'tfjs-too-complex', { what: 'depth' });
    const text = `{"modelTopology":${'['.repeat(1_000_000)}`;
    await expectFailure(() => load(file('model.json', text)), 'tfjs-not-json');
  });
});

describe('a layer', () => {
  it.each([
    ['Lambda'],
    ['RandomWidth'],
    ['TFOpLambda'],
    ['MyLayer'],
    ['dense'],
    [''],
    ['constructor'],
    ['__proto__'],
    ['toString'],
  ])('is refused by its class name: %j', async (class_name) => {
    const json = withLayer({ class_name, config: { name: 'l' } });
    await expectFailure(() => loadJson(json), 'tfjs-layer', { layer: class_name });
  });

  it('is refused when its class name is no text', async () => {
    const json = withLayer({ class_name: ['Dense'], config: {} });
    await expectFailure(() => loadJson(json), 'tfjs-layer', { layer: 'object' });
  });

  it('is refused under the spelling that the library uses inside', async () => {
    const json = withLayer({ className: 'Lambda', config: { name: 'l' } });
    await expectFailure(() => loadJson(json), 'tfjs-layer', { layer: 'Lambda' });
  });

  it('is refused inside wrappers, nested models and helpers', async () => {
    const lambda = { class_name: 'Lambda', config: {} };
    const places = [
      { class_name: 'TimeDistributed', config: { layer: lambda } },
      { class_name: 'Sequential', config: { layers: [lambda] } },
      { class_name: 'RNN', config: { cell: lambda } },
      { class_name: 'Dense', config: { units: 1, kernel_initializer: lambda } },
      { class_name: 'Dense', config: { units: 1, kernel_constraint: lambda } },
    ];
    for (const place of places) {
      await expectFailure(() => loadJson(withLayer(place)), 'tfjs-layer', { layer: 'Lambda' });
    }
  });

  it.each(['constructor', 'toString', '__defineGetter__', 'hasOwnProperty'])(
    'is refused with the activation that every object has: %s',
    async (activation) => {
      const json = withLayer({ class_name: 'Activation', config: { activation } });
      await expectFailure(() => loadJson(json), 'tfjs-layer', { layer: activation });
    },
  );

  it('is refused with a key that changes prototypes', async () => {
    const text = JSON.stringify(layersJson()).replace('"units"', '"__proto__":{"a":1},"units"');
    await expectFailure(() => load(file('model.json', text), SHARD), 'tfjs-layer', {
      layer: '__proto__',
    });
  });

  it('is refused when there are more than the limit', async () => {
    const json = layersJson();
    for (let index = 0; index < 20_001; index += 1) {
      json.modelTopology.config.layers.push({ class_name: 'Flatten', config: {} });
    }
    await expectFailure(() => loadJson(json), 'tfjs-too-complex', { what: 'layers' });
  });

  describe('that asks for more weights than were uploaded', () => {
    beforeAll(async () => {
      // Reaches the library, which reads its registry of backends.
      await loadJson(layersJson());
    });

    it.each<[string, Record<string, unknown>]>([
      ['dense', { class_name: 'Dense', config: { name: 'e', units: 1e9 } }],
      ['not a number of units', { class_name: 'Dense', config: { name: 'e', units: 1e308 } }],
      [
        'embedding',
        { class_name: 'Embedding', config: { name: 'e', input_dim: 1e9, output_dim: 1e3 } },
      ],
      [
        'recurrent',
        {
          class_name: 'LSTM',
          config: { name: 'e', units: 1e8, batch_input_shape: [null, 2, 2] },
        },
      ],
    ])('is refused before they are made: %s', async (_title, layer) => {
      const json = withLayer(layer);
      if (layer['class_name'] === 'LSTM') layersOf(json).shift();
      await expectFailure(() => loadJson(json), 'tfjs-too-complex', {
        what: 'parameters',
        limit: 9,
      });
    });
  });
});

describe('an operator of a graph', () => {
  const withNode = (node: GraphNode, library: readonly unknown[] = []): LayersUpload =>
    graphUpload(
      [placeholder('x', [-1, 2]), node, constant('w')],
      [{ name: 'w', shape: [1], values: Float32Array.of(1) }],
      library,
    );

  it.each([
    'RandomUniform',
    'RandomStandardNormal',
    'Multinomial',
    'HashTableV2',
    'ReadFile',
    'PyFunc',
    'DecodeJpeg',
    'SimpleMLLoadModelFromPathWithHandle',
    'StaticRegexReplace',
    'MyOp',
    'constructor',
    '__proto__',
    '',
  ])('is refused by its name: %j', async (op) => {
    const { json, weights } = withNode({ name: 'y', op, input: ['x'] });
    const reason = op === 'constructor' || op === '__proto__' ? 'tfjs-layer' : 'tfjs-operator';
    await expectFailure(() => loadJson(json, file('weights.bin', weights)), reason);
  });

  it('is refused inside a function', async () => {
    const library = [{ signature: { name: 'f' }, nodeDef: [{ name: 'r', op: 'RandomUniform' }] }];
    const { json, weights } = withNode({ name: 'y', op: 'Relu', input: ['x'] }, library);
    await expectFailure(() => loadJson(json, file('weights.bin', weights)), 'tfjs-operator', {
      operator: 'RandomUniform',
    });
  });

  it('is refused when there are more than the limit', async () => {
    const nodes = Array.from({ length: 50_001 }, (_, index) => ({ name: `n${index}`, op: 'NoOp' }));
    const { json, weights } = graphUpload(nodes, []);
    await expectFailure(
      () => loadJson(json, file('weights.bin', Buffer.concat([weights, Buffer.alloc(1)]))),
      'tfjs-too-complex',
      { what: 'nodes' },
    );
  });

  it.each<[string, readonly GraphNode[]]>([
    ['a node with itself as input', [{ name: 'y', op: 'Relu', input: ['y'] }]],
    ['an input that does not exist', [{ name: 'y', op: 'Relu', input: ['z'] }]],
    ['a constant without weight', [{ name: 'y', op: 'Const', attr: {} }]],
    ['no nodes', []],
  ])('ends in a typed failure: %s', async (_title, nodes) => {
    const { json } = graphUpload(nodes, []);
    json.weightsManifest = [];
    const outcome = load(jsonFile(json)).then(async (loaded) => {
      if (loaded.kind !== 'model') throw new Error('not a model');
      await loaded.runner.predict([]);
      // A graph of nothing answers with nothing, which the trusted side refuses.
      throw Object.assign(new Error('ran'), { outputs: loaded.runner.signature.outputs.length });
    });
    await outcome.catch((error: unknown) => {
      const { failure, outputs } = error as { failure?: { kind: string }; outputs?: number };
      if (failure?.kind !== 'submission' && outputs !== 0) throw error;
    });
  });
});
