import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { makeDataDir } from '../factories/deps.ts';
import { zip } from '../sandbox/make-zip.ts';

const SCRIPT = path.join(import.meta.dirname, 'disk-full-process.ts');
const LINT = path.resolve(import.meta.dirname, '../../tasks/lint-process.ts');
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

  it('is not held against whoever sent a task', async () => {
    const disk = await makeDataDir();
    const source = path.join(await makeDataDir(), 'task.zip');
    await writeFile(source, zip([{ name: 'task.yaml', content: 'x'.repeat(2 * 1024 * 1024) }]));
    const ended = promisify(execFile)('bwrap', [
      ...['--dev-bind', '/', '/', '--size', String(1024 * 1024), '--tmpfs', disk],
      ...['--', process.execPath, LINT, source, disk, String(DISK_BYTES)],
    ]);
    // Nothing is said of the task: the attempt has failed, and is made again.
    await expect(ended).rejects.toMatchObject({
      stdout: '',
      stderr: expect.stringContaining('ENOSPC') as string,
    });
  });
});
