// Throws an error whose stack is a getter that never returns.
// expect: TIME_LIMIT

function predict() {
  const error = new Error('x');
  Object.defineProperty(error, 'stack', {
    get() {
      for (;;);
    },
  });
  throw error;
}
