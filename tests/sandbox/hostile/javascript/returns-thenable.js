// Returns a thenable that answers twice, then throws.
// expect: OK

function predict({ shape }) {
  return {
    then(resolve) {
      resolve(constant(shape[0]));
      resolve([NaN]);
      throw new Error('late');
    },
  };
}

function constant(rows) {
  const scores = new Float32Array(rows * 3);
  for (let row = 0; row < rows; row++) scores[row * 3] = 1;
  return scores;
}
