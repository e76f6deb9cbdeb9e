// Fills a map until its table cannot grow.
// expect: MEMORY_LIMIT
// memory: 256

function predict() {
  const map = new Map();
  for (let index = 0; ; index++) map.set(index, index);
}
