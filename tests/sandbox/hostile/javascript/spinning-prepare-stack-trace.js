// Spins in the hook that makes stacks.
// expect: TIME_LIMIT

Error.prepareStackTrace = () => {
  for (;;);
};

function predict(batch, context) {
  try {
    context.read('nothing');
  } catch (error) {
    throw error;
  }
}
