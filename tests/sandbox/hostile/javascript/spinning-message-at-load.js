// Throws at load an error whose every property is a getter that never returns.
// expect: TIME_LIMIT | LOAD_ERROR

const error = new Error('x');
const spin = {
  get() {
    for (;;);
  },
};
Object.defineProperties(error, { stack: spin, message: spin, name: spin });
throw error;
