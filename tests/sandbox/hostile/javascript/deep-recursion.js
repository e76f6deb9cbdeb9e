// Calls itself until the stack is full, in every way it knows.
// expect: RUN_ERROR code-run

function predict() {
  const deep = () => [0].map(deep);
  return deep();
}
