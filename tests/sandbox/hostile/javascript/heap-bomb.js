// Fills the heap with small objects.
// expect: MEMORY_LIMIT
// memory: 256

const kept = [];

function predict() {
  for (;;) kept.push({ a: [1, 2, 3], b: String(Math.random()) });
}
