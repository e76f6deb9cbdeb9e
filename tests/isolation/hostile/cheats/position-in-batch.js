// The same, by the place of a row in its batch.
// expect: constant
function predict({ shape }, { classes }) {
  const scores = new Float32Array(shape[0] * classes);
  for (let row = 0; row < shape[0]; row++)
    scores[row * classes + Math.floor((row * classes) / shape[0])] = 1;
  return scores;
}
