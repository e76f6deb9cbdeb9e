// Waits for a memory that nobody else has.
// expect: OK

function predict({ shape }) {
  if (typeof Atomics !== 'undefined' || typeof SharedArrayBuffer !== 'undefined')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  return constant(shape[0]);
}

function constant(rows) {
  const scores = new Float32Array(rows * 3);
  for (let row = 0; row < rows; row++) scores[row * 3] = 1;
  return scores;
}
