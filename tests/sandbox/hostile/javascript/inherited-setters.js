// Plants setters that see whatever is assigned to any object or array.
// expect: OK
// with: net.onnx

const seen = [];
const push = Array.prototype.push;
for (const key of ['0', '1', '2', 'ok', 'scores', 'data', 'shape', 'resolve', 'reject', 'handle']) {
  for (const prototype of [Object.prototype, Array.prototype]) {
    Object.defineProperty(prototype, key, {
      set(value) {
        Reflect.apply(push, seen, [`${key}: ${typeof value}`]);
      },
      get() {
        return undefined;
      },
      configurable: true,
    });
  }
}

async function predict(batch, context) {
  const rows = batch.shape[0];
  await context.models.net.run({ data: new Float32Array(2), shape: [1, 2] });
  if (seen.length > 0) throw new Error(`caught ${seen.length} values`);
  return constant(rows);
}

function constant(rows) {
  const scores = new Float32Array(rows * 3);
  for (let row = 0; row < rows; row++) scores[row * 3] = 1;
  return scores;
}
