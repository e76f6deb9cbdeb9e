// Grows buffers that the limit of the isolate does not count.
// expect: MEMORY_LIMIT | RUN_ERROR code-run
// memory: 256

const kept = [];

function predict() {
  for (;;) {
    const buffer = new ArrayBuffer(0, { maxByteLength: 2 ** 26 });
    buffer.resize(2 ** 26);
    new Uint8Array(buffer).fill(1);
    kept.push(buffer);
  }
}
