// A while whose condition stays true for every input.
// expect: TIME_LIMIT
import { constant, graphUpload, placeholder, upload } from '../../make-tfjs.ts';

const argument = { inputArg: [{ name: 'x', type: 'DT_FLOAT' }] };
const whole = (name: string, type: string, nodeDef: readonly object[]) => ({
  signature: { name, ...argument, outputArg: [{ name: 'out', type }] },
  nodeDef,
  ret: { out: 'out:z:0' },
});

const { json, weights } = graphUpload(
  [
    placeholder('x', [-1, 2]),
    {
      name: 'y',
      op: 'StatelessWhile',
      input: ['x'],
      attr: { cond: { func: { name: 'cond' } }, body: { func: { name: 'body' } } },
    },
  ],
  [{ name: 'limit', shape: [], values: Float32Array.of(3e38) }],
  [
    whole('cond', 'DT_BOOL', [
      { name: 'sum', op: 'Max', input: ['x', 'axes'], attr: {} },
      constant('axes', 'DT_INT32'),
      constant('limit'),
      { name: 'out', op: 'Less', input: ['sum', 'limit'], attr: {} },
    ]),
    whole('body', 'DT_FLOAT', [{ name: 'out', op: 'Relu', input: ['x'], attr: {} }]),
  ],
);
json.weightsManifest[0]?.weights.push({ name: 'axes', shape: [2], dtype: 'int32' });

export const files = upload({
  json,
  weights: Buffer.concat([weights, Buffer.from(Int32Array.of(0, 1).buffer)]),
});
