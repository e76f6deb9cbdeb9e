// Changes the scores of its last batch when the next one comes.
// expect: OK

let last = null;

function predict({ shape }) {
  last?.fill(NaN);
  last = constant(shape[0]);
  return last;
}

function constant(rows) {
  const scores = new Float32Array(rows * 3);
  for (let row = 0; row < rows; row++) scores[row * 3] = 1;
  return scores;
}
