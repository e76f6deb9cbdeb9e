// Takes buffers and goes on after each refusal.
// expect: MEMORY_LIMIT | TIME_LIMIT
// memory: 256

const kept = [];

function predict() {
  for (;;) {
    try {
      kept.push(new Uint8Array(2 ** 24).fill(1));
    } catch {
      // Once more.
    }
  }
}
