// Imports a module of Node.
// expect: LOAD_ERROR code-load
// detail: imports are not available: put everything into one file

import { readFileSync } from 'node:fs';

export function predict() {
  return readFileSync('/etc/passwd');
}
