// Returns an array that tells a different number each time it is read.
// expect: OK

function predict({ shape }) {
  const scores = new Array(shape[0] * 3).fill(0);
  for (let index = 0; index < scores.length; index++) {
    let reads = 0;
    Object.defineProperty(scores, index, {
      get() {
        reads += 1;
        if (reads > 1) return NaN;
        return index % 3 === 0 ? 1 : 0;
      },
    });
  }
  return scores;
}
