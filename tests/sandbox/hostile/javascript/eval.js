// Makes code from strings, in every way the language has.
// expect: OK

function predict({ shape }) {
  const ways = {
    eval: () => eval('1 + 1'),
    indirectEval: () => (0, eval)('1 + 1'),
    Function: () => Function('return 2')(),
    newFunction: () => new Function('return 2')(),
    constructor: () => (() => 0).constructor('return 2')(),
    async: () => (async () => 0).constructor('return 2')(),
    generator: () => (function* () {})().constructor.constructor('return 2')(),
    generatorFunction: () => Object.getPrototypeOf(function* () {}).constructor('return 2')(),
    asyncGenerator: () => Object.getPrototypeOf(async function* () {}).constructor('return 2')(),
    parent: () => Object.getPrototypeOf((async () => 0).constructor)('return 2')(),
    subclass: () => new (class extends Function {})('return 2')(),
    construct: () => Reflect.construct(Function, ['return 2'], Object)(),
    bound: () => Function.bind(null, 'return 2')()(),
  };
  for (const [name, way] of Object.entries(ways)) {
    let made = true;
    try {
      way();
    } catch {
      made = false;
    }
    if (made) throw new Error(`made code by ${name}`);
  }
  if (!(predict instanceof Function)) throw new Error('functions are no functions any more');
  return constant(shape[0]);
}

function constant(rows) {
  const scores = new Float32Array(rows * 3);
  for (let row = 0; row < rows; row++) scores[row * 3] = 1;
  return scores;
}
