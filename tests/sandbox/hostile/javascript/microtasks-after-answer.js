// Answers, and leaves a flood of microtasks behind.
// expect: TIME_LIMIT

function predict({ shape }) {
  const again = () => Promise.resolve().then(again);
  again();
  return new Float32Array(shape[0] * 3);
}
