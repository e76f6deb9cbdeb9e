// Imports files of its own upload and of the machine.
// expect: LOAD_ERROR code-load
// with: data.bin

export * from './data.bin';
export { predict } from 'file:///etc/passwd';
