import path from 'node:path';
import { loadTask } from '../../tasks/load.ts';

/** Prepares the digits once before the workers start, so that no two test files do it side by side. */
export async function setup(): Promise<void> {
  await loadTask(path.resolve(import.meta.dirname, '../../tasks/digits'));
}
