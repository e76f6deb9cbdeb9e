// Calls every function of the bridge with every kind of wrong value.
// expect: OK
// with: net.onnx

const revoked = Proxy.revocable({}, {});
revoked.revoke();
const VALUES = [
  undefined, null, true, 0, -1, 1.5, NaN, Infinity, 2 ** 53, 10n, '', 'x', 'x'.repeat(100000), Symbol('x'), () => 1, class {},
  {}, [], [[]], new Array(1e6), new Date(), /x/, new Map(), new Set(), new Error('x'), Promise.resolve(1), globalThis,
  new ArrayBuffer(8), new DataView(new ArrayBuffer(8)), new Float32Array(2), new Float64Array(2), new BigInt64Array(2),
  new Float32Array(new ArrayBuffer(8, { maxByteLength: 16 })), revoked.proxy,
  new Proxy([], { get: () => { throw new Error('trap'); } }),
  { data: new Float32Array(2), shape: [-1, -2] }, { data: new Float32Array(2), shape: [0.5, 4] },
  { data: new Float32Array(2), shape: [2 ** 31, 2 ** 31] }, { data: new Float32Array(2), shape: [NaN] },
  { data: new Float32Array(2), shape: [Infinity, 0] }, { data: new Float32Array(0), shape: [0, 2 ** 40] },
  { data: new Float32Array(2), shape: new Array(9).fill(1) }, { data: new Float32Array(2), shape: { length: 2, 0: 1, 1: 2 } },
  { data: new Float32Array(2), shape: ['1', '2'] }, { data: new Float32Array(2), shape: [1n, 2n] },
  { data: new Float32Array(2), shape: [{ valueOf: () => 1 }, 2] }, { data: [1, 2], shape: [1, 2] },
  { data: new Float32Array(3), shape: [1, 2] }, { data: new Int32Array(2), shape: [1, 2] },
  { data: new Float32Array(2) }, { shape: [1, 2] }, { __proto__: { data: new Float32Array(2), shape: [1, 3] } },
  { x: { data: new Float32Array(2), shape: [1, 2] }, y: { data: new Float32Array(2), shape: [1, 2] } },
];
VALUES.push(VALUES);
const cyclic = {};
cyclic.data = cyclic;
VALUES.push(cyclic);

async function predict({ shape }, context) {
  const rows = shape[0];
  const { net } = context.models;
  for (const value of VALUES) {
    for (const call of [
      () => context.read(value),
      () => context.readText(value),
      () => net.run(value),
      () => net.run({ x: value }),
      () => net.run({ x: { data: value, shape: [1, 2] } }),
      () => net.run({ x: { data: new Float32Array(2), shape: value } }),
      () => net.run.call(value, value),
      () => console.log(value),
    ]) {
      let message = '';
      let result;
      try {
        result = await call();
      } catch (error) {
        message = String(error?.message);
      }
      if (result !== undefined && result.y?.data.length !== 3) throw new Error('a wrong value was taken');
      if (/[/\\]\w+[/\\]|isolated|boundary/.test(message)) throw new Error(`the host shows itself: ${message}`);
    }
  }
  const { y } = await net.run({ data: Float32Array.of(1, 1), shape: [1, 2] });
  if (y.data[0] !== 15) throw new Error('an honest call no longer works');
  return constant(rows);
}

function constant(rows) {
  const scores = new Float32Array(rows * 3);
  for (let row = 0; row < rows; row++) scores[row * 3] = 1;
  return scores;
}
