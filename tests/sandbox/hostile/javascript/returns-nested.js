// Returns one array for each row.
// expect: BAD_SHAPE output-shape

function predict({ shape }) {
  return Array.from({ length: shape[0] }, () => [1, 0, 0]);
}
