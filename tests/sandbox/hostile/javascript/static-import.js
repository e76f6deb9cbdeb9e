// Imports a module of Node.
// expect: LOAD_ERROR code-load

import { readFileSync } from 'node:fs';

export function predict() {
  return readFileSync('/etc/passwd');
}
