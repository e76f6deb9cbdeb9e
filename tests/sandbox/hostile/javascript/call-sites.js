// Looks for functions of the harness in the frames of a stack.
// expect: OK

let found = null;
Error.prepareStackTrace = (error, frames) => {
  for (const frame of frames) {
    const fn = frame.getFunction?.();
    const self = frame.getThis?.();
    const name = String(frame.getFileName());
    if (typeof fn === 'function' && name !== 'model.js') found = `a function of ${name}`;
    if (self !== undefined && self !== null && self !== globalThis) found = `an object of ${name}`;
    if (/[/\\]/.test(name)) found = `a path: ${name}`;
  }
  return '';
};

function predict({ shape }, context) {
  try {
    context.read('nothing');
  } catch (error) {
    void error.stack;
  }
  void new Error('here').stack;
  if (found !== null) throw new Error(found);
  return constant(shape[0]);
}

function constant(rows) {
  const scores = new Float32Array(rows * 3);
  for (let row = 0; row < rows; row++) scores[row * 3] = 1;
  return scores;
}
