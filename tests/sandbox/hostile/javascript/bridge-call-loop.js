// Calls the host without end; time spent there is not the time of the script.
// expect: RUN_ERROR code-too-many-calls

function predict(batch, context) {
  for (;;) {
    try {
      context.read('nothing');
    } catch {
      // Again.
    }
  }
}
