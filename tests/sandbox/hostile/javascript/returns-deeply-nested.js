// Returns numbers wrapped in arrays ten thousand deep.
// expect: BAD_OUTPUT code-output

function predict({ shape }) {
  let deep = 1;
  for (let level = 0; level < 10000; level++) deep = [deep];
  return new Array(shape[0] * 3).fill(deep);
}
