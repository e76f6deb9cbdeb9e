// Gives its scores a constructor, species and iterator of its own.
// expect: OK

function predict({ shape }) {
  const scores = constant(shape[0]);
  class Liar extends Float32Array {
    static get [Symbol.species]() {
      throw new Error('asked for the species');
    }
    get length() {
      return 1e9;
    }
    *[Symbol.iterator]() {
      for (;;) yield 7;
    }
  }
  const liar = new Liar(scores.length);
  for (let index = 0; index < scores.length; index++) liar[index] = scores[index];
  Object.defineProperty(liar, 'length', { get: () => 0 });
  Object.defineProperty(liar, 'buffer', { get: () => new ArrayBuffer(0) });
  Object.defineProperty(liar, Symbol.toStringTag, { get: () => 'Float64Array' });
  return liar;
}

function constant(rows) {
  const scores = new Float32Array(rows * 3);
  for (let row = 0; row < rows; row++) scores[row * 3] = 1;
  return scores;
}
