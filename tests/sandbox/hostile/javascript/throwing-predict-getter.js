// Makes the name predict a getter that throws.
// expect: LOAD_ERROR code-load

Object.defineProperty(globalThis, 'predict', {
  get() {
    throw new Error('not yours');
  },
});
