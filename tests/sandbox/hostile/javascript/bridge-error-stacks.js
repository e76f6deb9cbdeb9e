// Reads the stack of every failing call to the host, looking for paths.
// expect: OK
// with: net.onnx

async function predict({ shape }, context) {
  const { net } = context.models;
  const calls = [
    () => context.read('missing'),
    () => context.read(null),
    () => context.readText({}),
    () => net.run(),
    () => net.run(5),
    () => net.run({}),
    () => net.run({ x: 1 }),
    () => net.run({ data: new Float32Array(2), shape: [2, 2] }),
    () => net.run({ data: new Float32Array(2), shape: 'ab' }),
    () => net.run({ data: new Int32Array(2), shape: [1, 2] }),
    () => net.run({ y: { data: new Float32Array(2), shape: [1, 2] } }),
    () => net.run({ data: new Float32Array(3), shape: [1, 3] }),
  ];
  let failed = 0;
  for (const call of calls) {
    try {
      await call();
    } catch (error) {
      failed += 1;
      const text = `${error.message} ${error.stack} ${JSON.stringify(Object.getOwnPropertyNames(error))}`;
      if (/[/\\]\w|node:|boundary|\.ts/.test(text)) throw new Error(`a path: ${text}`);
    }
  }
  if (failed !== calls.length) throw new Error(`${failed} of ${calls.length} calls failed`);
  return constant(shape[0]);
}

function constant(rows) {
  const scores = new Float32Array(rows * 3);
  for (let row = 0; row < rows; row++) scores[row * 3] = 1;
  return scores;
}
