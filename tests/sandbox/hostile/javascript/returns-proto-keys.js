// Returns scores hidden behind keys that pollute prototypes.
// expect: BAD_OUTPUT code-output

function predict() {
  return JSON.parse('{"__proto__": {"ok": true, "length": 9}, "constructor": {"prototype": {"ok": true}}}');
}
