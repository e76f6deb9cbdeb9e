// Returns an array with nothing in it but a length.
// expect: BAD_OUTPUT code-output

function predict({ shape }) {
  return new Array(shape[0] * 3);
}
