// Returns whole numbers of any size.
// expect: BAD_OUTPUT code-output

function predict({ shape }) {
  return new BigInt64Array(shape[0] * 3);
}
