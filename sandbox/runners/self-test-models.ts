/**
 * Models of one operator each, and one small network, on which an accelerator is compared with the
 * processor. Weights and inputs are pseudo-random, the same on every machine. Field numbers: `onnx.proto3`.
 */
import { WireWriter } from '../artifacts/wire.ts';

export interface TestModel {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Shape of its one input `x`, float32; the output is `y`. */
  readonly shape: readonly number[];
}

interface Attribute {
  readonly name: string;
  readonly int?: number;
  readonly ints?: readonly number[];
}

interface Node {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: readonly Attribute[];
}

interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
}

const FLOAT = 1;
const OPSET = 17;
const IR_VERSION = 8;

/** Values in [-0.5, 0.5), no two neighbours alike: a sine of the position. */
export function testValues(count: number, phase: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => {
    const value = Math.sin((index + 1) * 12.9898 + phase * 78.233) * 43_758.5453;
    return value - Math.floor(value) - 0.5;
  });
}

function product(shape: readonly number[]): number {
  return shape.reduce((all, dim) => all * dim, 1);
}

function tensor({ name, shape }: Weight, phase: number): WireWriter {
  // As a network that has been trained: what a unit gets sums up to about one.
  const scale = 2 / Math.sqrt(product(shape.slice(1)));
  const values = testValues(product(shape), phase).map((value) => value * scale);
  return new WireWriter()
    .packed(1, shape)
    .varint(2, FLOAT)
    .text(8, name)
    .bytes(9, new Uint8Array(values.buffer));
}

function attribute({ name, int, ints }: Attribute): WireWriter {
  const out = new WireWriter().text(1, name);
  if (int !== undefined) out.varint(3, int).varint(20, 2);
  if (ints !== undefined) out.packed(8, ints).varint(20, 7);
  return out;
}

function value(name: string, shape: readonly (number | string)[] | null): WireWriter {
  const type = new WireWriter().varint(1, FLOAT);
  if (shape !== null) {
    const dims = new WireWriter();
    for (const dim of shape)
      dims.message(
        1,
        typeof dim === 'number' ? new WireWriter().varint(1, dim) : new WireWriter().text(2, dim),
      );
    type.message(2, dims);
  }
  return new WireWriter().text(1, name).message(2, new WireWriter().message(1, type));
}

function model(
  name: string,
  shape: readonly number[],
  nodes: readonly Node[],
  weights: readonly Weight[] = [],
): TestModel {
  const graph = new WireWriter();
  for (const { operator, inputs, output, attributes = [] } of nodes) {
    const node = new WireWriter();
    for (const input of inputs) node.text(1, input);
    node.text(2, output).text(4, operator);
    for (const each of attributes) node.message(5, attribute(each));
    graph.message(1, node);
  }
  graph.text(2, 'self-test');
  for (const [phase, weight] of weights.entries()) graph.message(5, tensor(weight, phase + 1));
  graph.message(11, value('x', ['N', ...shape.slice(1)]));
  graph.message(12, value('y', null));
  const bytes = new WireWriter()
    .varint(1, IR_VERSION)
    .message(7, graph)
    .message(8, new WireWriter().text(1, '').varint(2, OPSET))
    .finish();
  return { name, bytes, shape };
}

function convolution(from: number, to: number, kernel: number, stride = 1): TestModel {
  return model(
    `Conv ${String(kernel)}x${String(kernel)}/${String(stride)}, ${String(from)} to ${String(to)} channels`,
    [2, from, 12, 12],
    [
      {
        operator: 'Conv',
        inputs: ['x', 'w', 'b'],
        output: 'y',
        attributes: [
          { name: 'kernel_shape', ints: [kernel, kernel] },
          { name: 'strides', ints: [stride, stride] },
        ],
      },
    ],
    [
      { name: 'w', shape: [to, from, kernel, kernel] },
      { name: 'b', shape: [to] },
    ],
  );
}

function unary(operator: string, attributes: readonly Attribute[] = []): TestModel {
  return model(operator, [4, 6, 8, 8], [{ operator, inputs: ['x'], output: 'y', attributes }]);
}

const POOL: readonly Attribute[] = [
  { name: 'kernel_shape', ints: [2, 2] },
  { name: 'strides', ints: [2, 2] },
];

/**
 * What classifiers are made of. Convolutions at the channel counts that a software driver was seen to get
 * wrong (6, 9 and 18, to a multiple of four), and at others.
 */
export function operatorModels(): TestModel[] {
  return [
    ...[1, 3, 4, 6, 8, 9, 12, 16, 18, 32].map((from) => convolution(from, 16, 5)),
    convolution(6, 8, 3),
    convolution(6, 7, 3),
    convolution(9, 4, 3, 2),
    convolution(18, 12, 3),
    convolution(6, 16, 1),
    model(
      'Conv by channel',
      [2, 8, 12, 12],
      [
        {
          operator: 'Conv',
          inputs: ['x', 'w'],
          output: 'y',
          attributes: [{ name: 'group', int: 8 }],
        },
      ],
      [{ name: 'w', shape: [8, 1, 3, 3] }],
    ),
    model(
      'Gemm',
      [5, 84],
      [
        {
          operator: 'Gemm',
          inputs: ['x', 'w', 'b'],
          output: 'y',
          attributes: [{ name: 'transB', int: 1 }],
        },
      ],
      [
        { name: 'w', shape: [10, 84] },
        { name: 'b', shape: [10] },
      ],
    ),
    model(
      'MatMul',
      [3, 7, 24],
      [{ operator: 'MatMul', inputs: ['x', 'w'], output: 'y' }],
      [{ name: 'w', shape: [24, 20] }],
    ),
    model(
      'BatchNormalization',
      [2, 6, 8, 8],
      [
        { operator: 'Abs', inputs: ['s'], output: 'v' },
        { operator: 'BatchNormalization', inputs: ['x', 's', 'b', 'm', 'v'], output: 'y' },
      ],
      [
        { name: 's', shape: [6] },
        { name: 'b', shape: [6] },
        { name: 'm', shape: [6] },
      ],
    ),
    model(
      'LayerNormalization',
      [3, 7, 24],
      [{ operator: 'LayerNormalization', inputs: ['x', 's', 'b'], output: 'y' }],
      [
        { name: 's', shape: [24] },
        { name: 'b', shape: [24] },
      ],
    ),
    model(
      'Add and Mul',
      [2, 6, 8, 8],
      [
        { operator: 'Add', inputs: ['x', 'b'], output: 's' },
        { operator: 'Mul', inputs: ['s', 'x'], output: 'y' },
      ],
      [{ name: 'b', shape: [1, 6, 1, 1] }],
    ),
    unary('MaxPool', POOL),
    unary('AveragePool', POOL),
    unary('GlobalAveragePool'),
    unary('Softmax', [{ name: 'axis', int: 1 }]),
    unary('Transpose', [{ name: 'perm', ints: [0, 2, 3, 1] }]),
    unary('Flatten'),
    ...['Relu', 'Sigmoid', 'Tanh', 'Exp', 'Erf'].map((operator) => unary(operator)),
  ];
}

/** LeNet-5 as in LeCun et al. 1998 with max pooling: what the speed is measured on. 28 x 28 images. */
export function lenet(batch: number): TestModel {
  const conv = (input: string, weight: string, output: string, pads: number): Node => ({
    operator: 'Conv',
    inputs: [input, weight],
    output,
    attributes: [{ name: 'pads', ints: [pads, pads, pads, pads] }],
  });
  const relu = (input: string, output: string): Node => ({
    operator: 'Relu',
    inputs: [input],
    output,
  });
  const pool = (input: string, output: string): Node => ({
    operator: 'MaxPool',
    inputs: [input],
    output,
    attributes: POOL,
  });
  const dense = (input: string, weight: string, output: string): Node => ({
    operator: 'Gemm',
    inputs: [input, weight],
    output,
    attributes: [{ name: 'transB', int: 1 }],
  });
  return model(
    'LeNet-5',
    [batch, 1, 28, 28],
    [
      conv('x', 'w1', 'c1', 2),
      relu('c1', 'r1'),
      pool('r1', 'p1'),
      conv('p1', 'w2', 'c2', 0),
      relu('c2', 'r2'),
      pool('r2', 'p2'),
      { operator: 'Flatten', inputs: ['p2'], output: 'f' },
      dense('f', 'w3', 'd1'),
      relu('d1', 'r3'),
      dense('r3', 'w4', 'd2'),
      relu('d2', 'r4'),
      dense('r4', 'w5', 'y'),
    ],
    [
      { name: 'w1', shape: [6, 1, 5, 5] },
      { name: 'w2', shape: [16, 6, 5, 5] },
      { name: 'w3', shape: [120, 400] },
      { name: 'w4', shape: [84, 120] },
      { name: 'w5', shape: [10, 84] },
    ],
  );
}

/** A convolutional network with enough work in it for a card: 0.6 G multiply-adds an image of 64 x 64 x 3. */
export function wideNet(batch: number): TestModel {
  const channels = [3, 64, 128, 256];
  const blocks = [0, 1, 2].flatMap((index): Node[] => {
    const at = String(index);
    const input = index === 0 ? 'x' : `p${String(index - 1)}`;
    const pads = { name: 'pads', ints: [1, 1, 1, 1] };
    return [
      { operator: 'Conv', inputs: [input, `a${at}`], output: `c${at}`, attributes: [pads] },
      { operator: 'Relu', inputs: [`c${at}`], output: `r${at}` },
      { operator: 'Conv', inputs: [`r${at}`, `b${at}`], output: `d${at}`, attributes: [pads] },
      { operator: 'Relu', inputs: [`d${at}`], output: `s${at}` },
      { operator: 'MaxPool', inputs: [`s${at}`], output: `p${at}`, attributes: POOL },
    ];
  });
  const weights = [0, 1, 2].flatMap((index): Weight[] => {
    const [from = 0, to = 0] = channels.slice(index, index + 2);
    return [
      { name: `a${String(index)}`, shape: [to, from, 3, 3] },
      { name: `b${String(index)}`, shape: [to, to, 3, 3] },
    ];
  });
  return model(
    'Wide network',
    [batch, 3, 64, 64],
    [
      ...blocks,
      { operator: 'GlobalAveragePool', inputs: ['p2'], output: 'g' },
      { operator: 'Flatten', inputs: ['g'], output: 'f' },
      {
        operator: 'Gemm',
        inputs: ['f', 'w'],
        output: 'y',
        attributes: [{ name: 'transB', int: 1 }],
      },
    ],
    [...weights, { name: 'w', shape: [10, 256] }],
  );
}
