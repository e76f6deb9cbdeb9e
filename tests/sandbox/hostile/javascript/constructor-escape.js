// Tries to make functions by way of the constructors of what it was given.
// expect: OK
// with: net.onnx

function predict({ data, shape }, context) {
  const values = [predict, data.set, context.read, context.models.net.run, console.log, Math.random, Date];
  for (const value of values) {
    for (const maker of [value.constructor, Object.getPrototypeOf(value).constructor, value.constructor.constructor]) {
      let made;
      try {
        made = maker('return 42')();
      } catch {
        continue;
      }
      if (made === 42) throw new Error('made a function from a string');
    }
  }
  if (typeof process !== 'undefined' || typeof require !== 'undefined') throw new Error('Node is here');
  return constant(shape[0]);
}

function constant(rows) {
  const scores = new Float32Array(rows * 3);
  for (let row = 0; row < rows; row++) scores[row * 3] = 1;
  return scores;
}
