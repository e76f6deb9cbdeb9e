// Returns a thenable that resolves to itself.
// expect: TIME_LIMIT

function predict() {
  const again = { then: (resolve) => resolve(again) };
  return again;
}
