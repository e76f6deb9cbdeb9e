// Makes objects that hold their memory outside the heap.
// expect: OK
// memory: 256

function predict({ shape }) {
  if (typeof Intl !== 'undefined') {
    const kept = [];
    for (let index = 0; index < 1e6; index++) kept.push(new Intl.NumberFormat('de', { style: 'percent' }));
  }
  return constant(shape[0]);
}

function constant(rows) {
  const scores = new Float32Array(rows * 3);
  for (let row = 0; row < rows; row++) scores[row * 3] = 1;
  return scores;
}
