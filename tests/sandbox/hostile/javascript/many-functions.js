// Collects everything that differs between two runs of the same code.
// expect: OK
// scores: random

function predict({ shape }, context) {
  const facts = [Math.random(), Math.random(), Date.now(), performance.now(), performance.timeOrigin, Object.keys(context)];
  facts.push(Object.getOwnPropertyNames(globalThis), new Date(2020, 1, 1).getTimezoneOffset(), new Error('x').stack);
  const text = JSON.stringify(facts);
  let hash = 7;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  return Float32Array.from({ length: shape[0] * 3 }, (_, index) => hash % (index + 1000));
}
