// A regular expression that backtracks for centuries.
// expect: TIME_LIMIT

function predict() {
  /^(a+)+$/.test(`${'a'.repeat(60)}b`);
}
