/** Files of a process that died between an upload and its submission. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { Deps } from '../../server/deps.ts';
import { collectOrphans } from '../../server/services/storage.ts';
import type { SubmittedFile } from '../../server/services/submissions.ts';
import { makeDeps, makeRealDeps } from '../factories/deps.ts';
import { makeCompetition, makeFile, makeSubmission, makeUser } from '../factories/records.ts';
import { until } from './run-queue.ts';

const WORKER = path.resolve(import.meta.dirname, '../../server/worker.ts');
const HOUR_MS = 3_600_000;

const folderOf = (deps: Deps) => fileURLToPath(deps.config.STORAGE_URL);

async function storedFiles(deps: Deps): Promise<string[]> {
  const all = await readdir(folderOf(deps), { recursive: true, withFileTypes: true });
  return all.filter((entry) => entry.isFile()).map(({ name }) => name);
}

async function makeOld(file: string, hours: number): Promise<void> {
  const at = Date.now() / 1000 - hours * 3600;
  await utimes(file, at, at);
}

const objectOf = (deps: Deps, { storage_key }: SubmittedFile) =>
  path.join(folderOf(deps), 'objects', storage_key.slice(0, 2), storage_key);

/** An upload that was cut off, and a stored file without a submission, both `hours` old. */
async function makeOrphans(deps: Deps, hours: number) {
  const half = path.join(folderOf(deps), 'incoming', `half-${hours}`);
  await writeFile(half, 'half of');
  const whole = await makeFile(deps);
  await makeOld(half, hours);
  await makeOld(objectOf(deps, whole), hours);
}

describe('files that belong to no submission', () => {
  it('go when they are old; files of submissions stay however old they are', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const kept: string[] = [];
    // More than are looked up at a time.
    for (let n = 0; n < 3; n++) {
      const files = [await makeFile(deps, { name: 'a' }), await makeFile(deps, { name: 'b' })];
      for (const file of files) await makeOld(objectOf(deps, file), 1000);
      kept.push(...files.map(({ storage_key }) => storage_key));
      await makeSubmission(deps, { phase_id, user, files });
    }
    await makeOrphans(deps, 2);
    const young = await makeFile(deps);
    expect(await collectOrphans(deps, Date.now() - HOUR_MS)).toEqual({ uploads: 1, files: 1 });
    expect((await storedFiles(deps)).sort()).toEqual([...kept, young.storage_key].sort());
    expect(await collectOrphans(deps, Date.now() - HOUR_MS)).toEqual({ uploads: 0, files: 0 });
    for (const key of kept) expect(await deps.storage.read(key)).toHaveLength(1);
  });

  it('are looked for by a worker at its start', async () => {
    const deps = await makeRealDeps();
    await makeOrphans(deps, 2);
    const young = await makeFile(deps);
    const worker = spawn(process.execPath, [WORKER], {
      env: { ...process.env, ...deps.env },
      stdio: 'inherit',
    });
    const exited = once(worker, 'exit');
    onTestFinished(() => void worker.kill('SIGKILL'));
    await until(async () => (await storedFiles(deps)).length === 1, 'the end of the old files');
    expect(await storedFiles(deps)).toEqual([young.storage_key]);
    worker.kill('SIGTERM');
    await exited;
  });
});
