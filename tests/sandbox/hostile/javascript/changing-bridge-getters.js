// Shows the bridge other values on each look.
// expect: OK
// with: net.onnx

async function predict({ shape }, context) {
  let looks = 0;
  const tensor = {
    get data() {
      looks += 1;
      return looks === 1 ? Float32Array.of(1, 1) : new Float32Array(2 ** 20);
    },
    get shape() {
      looks += 10;
      return looks < 20 ? [1, 2] : [2 ** 19, 2];
    },
  };
  const { y } = await context.models.net.run(tensor);
  if (looks !== 11) throw new Error(`looked ${looks} times`);
  if (y.data[0] !== 15) throw new Error('took another value than the first');
  return constant(shape[0]);
}

function constant(rows) {
  const scores = new Float32Array(rows * 3);
  for (let row = 0; row < rows; row++) scores[row * 3] = 1;
  return scores;
}
