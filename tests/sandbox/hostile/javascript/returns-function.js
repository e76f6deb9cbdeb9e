// Returns a function.
// expect: BAD_OUTPUT code-output

function predict() {
  return () => 1;
}
