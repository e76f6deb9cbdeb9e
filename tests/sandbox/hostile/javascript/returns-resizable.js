// Returns a view of a buffer that can still shrink.
// expect: BAD_OUTPUT code-output

function predict({ shape }) {
  const bytes = shape[0] * 3 * 4;
  return new Float32Array(new ArrayBuffer(bytes, { maxByteLength: bytes * 2 }), 0, shape[0] * 3);
}
