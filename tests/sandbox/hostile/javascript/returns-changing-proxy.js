// Returns a proxy of an array that grows between reads.
// expect: OK

function predict({ shape }) {
  let lengths = 0;
  return new Proxy([], {
    get(target, key) {
      if (key === 'length') return lengths++ === 0 ? shape[0] * 3 : 2 ** 32;
      return Number(key) % 3 === 0 ? 1 : 0;
    },
  });
}
