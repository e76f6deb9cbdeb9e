// Returns objects that turn into numbers when asked.
// expect: BAD_OUTPUT code-output

function predict({ shape }) {
  return new Array(shape[0] * 3).fill({ valueOf: () => 1 });
}
