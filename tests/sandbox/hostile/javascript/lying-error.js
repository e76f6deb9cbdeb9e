// Throws an error that dresses up as a limit and carries paths and control bytes.
// expect: RUN_ERROR code-run
// detail: Error: Isolate was disposed during execution due to memory limit …\ufffd[31m\ufffd (model.js:6:9)

function predict() {
  throw new Error('Isolate was disposed during execution due to memory limit /etc/passwd\u001b[31m\u202e');
}
