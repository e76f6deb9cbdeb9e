// Replaces every built-in that code after it might use to check or copy scores.
// expect: OK

const NativeFloat32Array = Float32Array;
const { defineProperty, getPrototypeOf, ownKeys } = Reflect;
const lie = () => {
  throw 'a built-in was asked';
};
const holders = [
  getPrototypeOf(Uint8Array),
  getPrototypeOf(Uint8Array).prototype,
  Array,
  Array.prototype,
  ArrayBuffer.prototype,
  Float32Array.prototype,
  Float64Array.prototype,
  Function.prototype,
  Map.prototype,
  Number,
  Number.prototype,
  Object,
  Object.prototype,
  Promise,
  Promise.prototype,
  Reflect,
  RegExp.prototype,
  String.prototype,
  Symbol,
];
const planted = ['0', '1', 'ok', 'scores', 'length', 'get', 'set', 'value', 'reference', 'copy', 'promise', 'fault', 'text'];
const globals = ['Array', 'Float64Array', 'Object', 'Promise', 'Reflect', 'Number', 'Map', 'String', 'Error', 'JSON'];
const descriptor = { __proto__: null, get: lie, set: lie, configurable: true };
let replaced = 0;
const replace = (holder, key) => {
  try {
    defineProperty(holder, key, descriptor);
    replaced += 1;
  } catch {
    // Some cannot be replaced.
  }
};
for (let at = 0; at < holders.length; at++) {
  const keys = ownKeys(holders[at]);
  for (let index = 0; index < keys.length; index++) replace(holders[at], keys[index]);
}
for (let index = 0; index < planted.length; index++) replace(Object.prototype, planted[index]);
for (let index = 0; index < globals.length; index++) replace(globalThis, globals[index]);

function predict({ shape }) {
  if (replaced < 200) throw `replaced only ${replaced}`;
  const rows = shape[0];
  const scores = new NativeFloat32Array(rows * 3);
  for (let row = 0; row < rows; row++) scores[row * 3] = 1;
  return scores;
}
