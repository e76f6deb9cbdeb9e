// Hopes that rows come twice, or beside others of their class: answers as for the most similar row so far.
// expect: constant
const memory = [];

function predict({ data, shape }, { classes }) {
  const scores = new Float32Array(shape[0] * classes);
  for (let row = 0; row < shape[0]; row++) {
    const pixel = data[row];
    let guess = Math.floor((memory.length % 2000) / (2000 / classes));
    let best = Infinity;
    for (const { pixel: other, guess: earlier } of memory.slice(-50)) {
      const distance = Math.abs(pixel - other);
      if (distance < best) [best, guess] = [distance, earlier];
    }
    memory.push({ pixel, guess });
    scores[row * classes + guess] = 1;
  }
  return scores;
}
