// Watches the garbage collector, whose moments differ between runs.
// expect: OK

function predict({ shape }) {
  for (const name of ['WeakRef', 'FinalizationRegistry', 'gc'])
    if (name in globalThis) throw new Error(`${name} is here`);
  return constant(shape[0]);
}

function constant(rows) {
  const scores = new Float32Array(rows * 3);
  for (let row = 0; row < rows; row++) scores[row * 3] = 1;
  return scores;
}
