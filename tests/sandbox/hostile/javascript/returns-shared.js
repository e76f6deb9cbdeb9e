// Returns a view of memory that it could go on changing.
// expect: OK

function predict({ shape }) {
  if (typeof SharedArrayBuffer === 'undefined') return constant(shape[0]);
  const scores = new Float32Array(new SharedArrayBuffer(shape[0] * 3 * 4));
  const change = () => {
    scores.fill(NaN);
    Promise.resolve().then(change);
  };
  Promise.resolve().then(change);
  return scores;
}

function constant(rows) {
  const scores = new Float32Array(rows * 3);
  for (let row = 0; row < rows; row++) scores[row * 3] = 1;
  return scores;
}
