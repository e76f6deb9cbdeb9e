// Takes the memory of its input away.
// expect: OK

let batches = 0;

function predict(batch) {
  const { data, shape } = batch;
  if (data[0] !== batches * data.length) throw new Error(`batch ${batches} starts with ${data[0]}`);
  batches += 1;
  structuredCloneless(data.buffer);
  batch.data = null;
  batch.shape = null;
  return constant(shape[0]);
}

function structuredCloneless(buffer) {
  return buffer.transfer();
}

function constant(rows) {
  const scores = new Float32Array(rows * 3);
  for (let row = 0; row < rows; row++) scores[row * 3] = 1;
  return scores;
}
