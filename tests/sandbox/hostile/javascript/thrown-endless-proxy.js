// Throws a proxy whose prototype never comes.
// expect: TIME_LIMIT

function predict() {
  const spin = () => {
    for (;;);
  };
  throw new Proxy(new Error('x'), { get: spin, getPrototypeOf: spin });
}
