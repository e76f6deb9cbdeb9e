// Names a source map and a name of its own on the machine.
// expect: RUN_ERROR code-run
// detail: Error: mapped

function predict() {
  throw new Error('mapped');
}
//# sourceMappingURL=file:///etc/passwd
//# sourceURL=file:///etc/passwd
