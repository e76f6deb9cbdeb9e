// Imports while it runs, by every kind of name.
// expect: OK

async function predict({ shape }) {
  for (const name of ['fs', 'node:fs', 'file:///etc/passwd', './model.js', 'data:text/javascript,0', 'isolated-vm']) {
    let imported = true;
    try {
      await import(name);
    } catch {
      imported = false;
    }
    if (imported) throw new Error(`imported ${name}`);
  }
  return constant(shape[0]);
}

function constant(rows) {
  const scores = new Float32Array(rows * 3);
  for (let row = 0; row < rows; row++) scores[row * 3] = 1;
  return scores;
}
