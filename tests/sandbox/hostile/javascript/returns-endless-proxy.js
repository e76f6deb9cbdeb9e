// Returns a proxy that never says how long it is.
// expect: TIME_LIMIT

function predict() {
  return new Proxy([], {
    get() {
      for (;;);
    },
  });
}
