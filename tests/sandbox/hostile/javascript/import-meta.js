// Asks where it is.
// expect: OK

export function predict({ shape }) {
  const known = Object.keys(import.meta);
  if (known.length > 0) throw new Error(`import.meta knows ${known.join(', ')}`);
  return constant(shape[0]);
}

function constant(rows) {
  const scores = new Float32Array(rows * 3);
  for (let row = 0; row < rows; row++) scores[row * 3] = 1;
  return scores;
}
