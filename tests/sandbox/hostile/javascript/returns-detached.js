// Returns a view whose buffer is gone.
// expect: BAD_SHAPE output-shape

function predict({ shape }) {
  const scores = new Float32Array(shape[0] * 3);
  scores.buffer.transfer();
  return scores;
}
