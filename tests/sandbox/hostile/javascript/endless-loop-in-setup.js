// Never comes back from setup.
// expect: TIME_LIMIT

export function setup() {
  for (;;);
}

export function predict() {
  return [];
}
