// Writes log lines without end.
// expect: RUN_ERROR code-too-many-calls

function predict() {
  for (;;) console.log('x'.repeat(1000));
}
