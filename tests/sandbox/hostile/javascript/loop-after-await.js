// Loops in what follows an answer of the host, outside the first call.
// expect: TIME_LIMIT
// with: net.onnx

async function predict(batch, context) {
  await context.models.net.run({ data: new Float32Array(2), shape: [1, 2] });
  for (;;);
}
