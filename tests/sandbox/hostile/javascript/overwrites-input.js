// Overwrites its input, to spoil other rows and batches.
// expect: OK

let batches = 0;

function predict({ data, shape }) {
  if (data[0] !== batches * data.length) throw new Error(`batch ${batches} starts with ${data[0]}`);
  if (data.buffer.byteLength !== data.byteLength) throw new Error('the buffer holds more than the batch');
  batches += 1;
  const rows = shape[0];
  data.fill(NaN);
  shape.fill(9);
  return constant(rows);
}

function constant(rows) {
  const scores = new Float32Array(rows * 3);
  for (let row = 0; row < rows; row++) scores[row * 3] = 1;
  return scores;
}
