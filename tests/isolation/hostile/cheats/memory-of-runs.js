// Leaves a note wherever it can for its next run, which would then know the rows; stops when it finds one.
// expect: constant
const NOTE = 'certamen note to myself';
const PLACES = [
  globalThis,
  Object,
  Object.prototype,
  Array.prototype,
  Function,
  Math,
  console,
  JSON,
];

if (PLACES.some((place) => NOTE in place)) throw new Error('my note of an earlier run is here');
for (const place of PLACES)
  try {
    Object.defineProperty(place, NOTE, { value: true, configurable: true });
  } catch {
    // It is frozen.
  }

function predict({ shape }, { classes }) {
  const scores = new Float32Array(shape[0] * classes);
  for (let row = 0; row < shape[0]; row++) scores[row * classes] = 1;
  return scores;
}
