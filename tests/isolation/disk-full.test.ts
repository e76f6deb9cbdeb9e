import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { makeDataDir } from '../factories/deps.ts';

const SCRIPT = path.join(import.meta.dirname, 'disk-full-process.ts');
const DISK_BYTES = 24 * 1024 * 1024;

describe('a full disk', () => {
  it('refuses uploads clearly, keeps nothing of them, and only delays evaluations', async () => {
    // A disk of its own for one process, which needs no rights.
    const disk = await makeDataDir();
    const { stdout } = await promisify(execFile)('bwrap', [
      ...['--dev-bind', '/', '/', '--size', String(DISK_BYTES), '--tmpfs', disk],
      ...['--setenv', 'DATA_DIR', disk],
      ...['--', process.execPath, SCRIPT],
    ]);
    const refused = { status: 507, told: true };
    expect(JSON.parse(stdout)).toEqual({
      larger_than_the_disk: refused,
      below_the_reserve: refused,
      full: refused,
      after: 303,
      waiting: { status: 'succeeded', failure: null },
      running: { status: 'succeeded', failure: null },
      used: 2,
    });
  });
});
