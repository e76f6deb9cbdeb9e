// Returns a promise that nobody settles.
// expect: RUN_ERROR code-stalled

function predict() {
  return new Promise(() => {});
}
