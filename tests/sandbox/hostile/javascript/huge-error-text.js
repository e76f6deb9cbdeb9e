// Throws an error with a text of gigabytes.
// expect: MEMORY_LIMIT | RUN_ERROR code-run
// memory: 256

function predict() {
  let text = 'x'.repeat(2 ** 20);
  while (text.length < 2 ** 28) text += text;
  throw new Error(text);
}
