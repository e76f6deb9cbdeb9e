// Throws a proxy that answers every question with a throw.
// expect: RUN_ERROR code-run

function predict() {
  const refuse = () => {
    throw new Error('no');
  };
  throw new Proxy({}, { get: refuse, has: refuse, ownKeys: refuse, getPrototypeOf: refuse, getOwnPropertyDescriptor: refuse });
}
