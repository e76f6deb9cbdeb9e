// Walks every object that it can reach, looking for objects of the engine or of Node.
// expect: OK
// with: net.onnx

const ENGINE = /^(Reference|ExternalCopy|Isolate|Context|Script|Module|Callback|Copy|Dereference|NativeModule|InspectorSession|Transferable\w*|Buffer|process|require|SharedArrayBuffer|Atomics|WebAssembly|WeakRef|FinalizationRegistry)$/;
const OWN = /^(Map|Set|WeakMap|WeakSet)$/;

function walk(roots) {
  const seen = new Set();
  const queue = roots.map((value) => ({ value, path: 'root' }));
  while (queue.length > 0) {
    const { value, path } = queue.pop();
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) continue;
    if (seen.has(value)) continue;
    seen.add(value);
    const tag = Object.prototype.toString.call(value).slice(8, -1);
    const called = typeof value === 'function' ? value.name : value.constructor?.name;
    for (const name of [tag, called]) {
      if (typeof name === 'string' && ENGINE.test(name) && !OWN.test(name))
        throw new Error(`found ${name} at ${path}`);
    }
    queue.push({ value: Object.getPrototypeOf(value), path: `${path}.__proto__` });
    for (const key of Reflect.ownKeys(value)) {
      const descriptor = Object.getOwnPropertyDescriptor(value, key);
      const here = `${path}.${String(key)}`.slice(-120);
      for (const part of [descriptor.value, descriptor.get, descriptor.set])
        queue.push({ value: part, path: here });
    }
  }
  return seen.size;
}

async function predict(batch, context) {
  let failed;
  try {
    context.read('nothing');
  } catch (error) {
    failed = error;
  }
  const outputs = await context.models.net.run({ data: new Float32Array(2), shape: [1, 2] });
  const count = walk([globalThis, batch, context, outputs, failed, predict, (async () => 0)(), (function* () {})()]);
  if (count < 500) throw new Error(`walked only ${count} objects`);
  return constant(batch.shape[0]);
}

function constant(rows) {
  const scores = new Float32Array(rows * 3);
  for (let row = 0; row < rows; row++) scores[row * 3] = 1;
  return scores;
}
