// Takes all rows of a batch for one class, and the next batch for the next one.
// expect: constant
let batches = 0;

function predict({ shape }, { classes }) {
  const scores = new Float32Array(shape[0] * classes);
  for (let row = 0; row < shape[0]; row++) scores[row * classes + (batches % classes)] = 1;
  batches += 1;
  return scores;
}
