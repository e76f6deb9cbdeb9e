// Returns an object whose getters would run while it is read.
// expect: BAD_OUTPUT code-output

function predict({ shape }) {
  return {
    get length() {
      return shape[0] * 3;
    },
    get 0() {
      return 1;
    },
  };
}
