// Returns texts that read like numbers.
// expect: BAD_OUTPUT code-output

function predict({ shape }) {
  return new Array(shape[0] * 3).fill('1');
}
