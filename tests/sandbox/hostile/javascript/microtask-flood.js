// A promise that is always followed by another.
// expect: TIME_LIMIT

async function predict() {
  for (;;) await null;
}
