// Fills an array of a billion places.
// expect: MEMORY_LIMIT
// memory: 256

function predict() {
  return new Array(1e9).fill(0);
}
