// Writes into outputs and inputs of the bridge to reach the host through them.
// expect: OK
// with: net.onnx data.bin

async function predict({ shape }, context) {
  const input = Float32Array.of(1, 1);
  const pending = context.models.net.run({ data: input, shape: [1, 2] });
  input.fill(1000);
  const first = await pending;
  if (first.y.data[0] !== 15) throw new Error('the input was read after the call');
  first.y.data.fill(0);
  first.y.shape.length = 0;
  const second = await context.models.net.run({ data: Float32Array.of(1, 1), shape: [1, 2] });
  if (second.y.data[0] !== 15) throw new Error('the output is shared');
  const { inputs } = context.models.net;
  try {
    inputs[0].name = 'z';
    inputs[0].shape[1] = 5;
  } catch {
    // It may be frozen.
  }
  await context.models.net.run({ data: Float32Array.of(1, 1), shape: [1, 2] });
  new Uint8Array(context.read('data.bin')).fill(0);
  if (context.read('data.bin')[1] !== 1) throw new Error('files are shared');
  return constant(shape[0]);
}

function constant(rows) {
  const scores = new Float32Array(rows * 3);
  for (let row = 0; row < rows; row++) scores[row * 3] = 1;
  return scores;
}
