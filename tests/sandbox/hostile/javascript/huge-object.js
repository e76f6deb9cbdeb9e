// An object with a hundred million keys.
// expect: MEMORY_LIMIT
// memory: 160

function predict() {
  const object = {};
  for (let index = 0; index < 1e8; index++) object[`k${index}`] = index;
  return [];
}
