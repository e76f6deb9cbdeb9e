// Imports files of its own upload and of the machine.
// expect: LOAD_ERROR code-load
// detail: imports are not available: put everything into one file
// with: data.bin

export * from './data.bin';
export { predict } from 'file:///etc/passwd';
