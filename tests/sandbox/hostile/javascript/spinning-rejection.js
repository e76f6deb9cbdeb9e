// Leaves behind a rejected promise whose error never stops being read.
// expect: TIME_LIMIT | RUN_ERROR

function predict({ shape }) {
  const error = new Error('x');
  const spin = {
    get() {
      for (;;);
    },
  };
  Object.defineProperties(error, { stack: spin, message: spin, name: spin });
  Promise.reject(error);
  return new Float32Array(shape[0] * 3);
}
