// Lets the host copy the same bytes until memory or time is up.
// expect: RUN_ERROR code-too-many-bytes | TIME_LIMIT
// with: data.bin

function predict(batch, context) {
  for (;;) context.read('data.bin');
}
