// Looks for a clock that moves.
// expect: OK

function predict({ shape }) {
  const clocks = {
    now: () => Date.now(),
    newDate: () => +new Date(),
    text: () => Date(),
    construct: () => +Reflect.construct(Date, []),
    constructor: () => +new (new Date(0).constructor)(),
    prototype: () => +new Date.prototype.constructor(),
    subclass: () => +new (class extends Date {})(),
    performance: () => performance.now(),
    intl: () => typeof Intl === 'undefined' || new Intl.DateTimeFormat('en', { fractionalSecondDigits: 3 }).format(),
    temporal: () => typeof Temporal === 'undefined' || Temporal.Now.instant(),
  };
  const first = Object.values(clocks).map((clock) => String(clock()));
  let waste = 0;
  for (let index = 0; index < 3e7; index++) waste += index % 7;
  const second = Object.values(clocks).map((clock) => String(clock()));
  if (waste === 0 || first.join() !== second.join()) throw new Error('time passes');
  if (Number(first[0]) !== Date.UTC(2000, 0)) throw new Error('the clock shows the time of the machine');
  if (new Date(2020, 5, 1).getFullYear() !== 2020) throw new Error('dates do not work any more');
  return constant(shape[0]);
}

function constant(rows) {
  const scores = new Float32Array(rows * 3);
  for (let row = 0; row < rows; row++) scores[row * 3] = 1;
  return scores;
}
