import path from 'node:path';
import { prepareTask } from '../../tasks/prepare.ts';

/** Prepares the digits once before the workers start, so that no two test files do it side by side. */
export async function setup(): Promise<void> {
  const folder = path.resolve(import.meta.dirname, '../../tasks/digits');
  await prepareTask(
    { folder, name: 'digits' },
    { with: 'mnist', seed: 1998, sizes: { train: 8000, public: 1000, private: 1000 } },
  );
}
