// Splits a text into hundreds of millions of parts, which ends the engine without a word.
// expect: MEMORY_LIMIT | CRASHED
// memory: 256

function predict() {
  return 'x'.repeat(2 ** 28).split('');
}
