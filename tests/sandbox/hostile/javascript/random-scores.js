// Draws its scores, hoping for a lucky run.
// expect: OK
// scores: random

function predict({ shape }) {
  return Float32Array.from({ length: shape[0] * 3 }, () => Math.random());
}
