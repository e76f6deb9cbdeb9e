// Never comes back from predict.
// expect: TIME_LIMIT

function predict() {
  for (;;);
}
