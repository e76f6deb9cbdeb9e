import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { loadConfig } from '../../server/config.ts';
import { closeDeps, createDeps, type Deps } from '../../server/deps.ts';
import { tarEnd, tarHeader, tarPadding } from '../../server/lib/tar.ts';
import { isSignedBy } from '../../server/lib/signing-key.ts';
import { backUp, restore } from '../../server/services/backup.ts';
import { readBoard } from '../../server/services/leaderboards.ts';
import { makeDataDir, makeDeps, makeRealDeps } from '../factories/deps.ts';
import {
  makeCompetition,
  makeFile,
  makeModelFile,
  makeSubmission,
  makeUser,
} from '../factories/records.ts';
import { runQueue } from './run-queue.ts';

const CERTAMEN = path.resolve(import.meta.dirname, '../../bin/certamen.js');
const NOW = new Date('2026-03-02T12:00:00Z');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function certamen(args: readonly string[], env: object): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env } };
    execFile(process.execPath, [CERTAMEN, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

/** Opens the folder, as a server that starts there would. */
async function openFolder<Answer>(DATA_DIR: string, look: (deps: Deps) => Promise<Answer>) {
  const deps = await createDeps(loadConfig({ DATA_DIR, LOG_LEVEL: 'silent' }));
  try {
    return await look(deps);
  } finally {
    await closeDeps(deps);
  }
}

async function checkFiles(deps: Deps): Promise<number> {
  const rows = await deps.db.selectFrom('submissions').select('files_json').execute();
  for (const { files_json } of rows) {
    for (const file of JSON.parse(files_json) as { storage_key: string; bytes: number }[]) {
      expect(await deps.storage.read(file.storage_key)).toHaveLength(file.bytes);
    }
  }
  return rows.length;
}

/** A site with one scored submission, closed, and an archive of it. */
async function makeArchive(name = 'site.tar') {
  const deps = await makeDeps();
  const { phase_id } = await makeCompetition(deps);
  const user = await makeUser(deps);
  await makeSubmission(deps, { phase_id, user, files: [await makeModelFile(deps)] });
  await runQueue(deps);
  const file = path.join(await makeDataDir(), name);
  const made = await backUp(deps.config, { out: file, now: NOW });
  return { deps, phase_id, user, ...made };
}

describe('a backup', () => {
  it('taken while others write is of one moment, and gives a site back whole', async () => {
    const deps = await makeRealDeps();
    const { phase_id } = await makeCompetition(deps, { phase: { daily_limit: 1e6 } });
    const user = await makeUser(deps);
    await makeSubmission(deps, { phase_id, user, files: [await makeModelFile(deps)] });
    await runQueue(deps);
    const board = (await readBoard(deps, { phase_id, viewer: null })).rows;
    const script = path.join(import.meta.dirname, 'submit-all-the-time-process.ts');
    const writers = [1, 2].map(() =>
      fork(script, [phase_id, JSON.stringify(user)], { env: { ...process.env, ...deps.env } }),
    );
    await Promise.all(writers.map((writer) => once(writer, 'message')));

    const out = await makeDataDir();
    const backup = await certamen(['backup', '--out', out, '--json'], deps.env);
    const sent = await Promise.all(
      writers.map(async (writer) => {
        const answer = once(writer, 'message') as Promise<[number]>;
        writer.send('stop');
        return (await answer)[0];
      }),
    );
    expect(backup).toMatchObject({ code: 0, stderr: '' });
    const { file } = JSON.parse(backup.stdout) as { file: string };
    expect(path.dirname(file)).toBe(out);

    const into = path.join(await makeDataDir(), 'new');
    const restored = await certamen(['restore', file, '--into', into, '--json'], {});
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    await openFolder(into, async (copy) => {
      const submissions = await checkFiles(copy);
      expect(submissions).toBeGreaterThan(2);
      expect(submissions).toBeLessThanOrEqual(1 + (sent[0] ?? 0) + (sent[1] ?? 0));
      expect((await readBoard(copy, { phase_id, viewer: null })).rows).toEqual(board);
      // What is signed later is signed with the same key.
      expect(copy.signingKey.key_id).toBe(deps.signingKey.key_id);
      const { public_key } = deps.signingKey;
      expect(isSignedBy(public_key, 'text', copy.signingKey.sign('text'))).toBe(true);
    });
  });

  it('is a tar file, gzipped where its name says so, that only its owner may read', async () => {
    const { file, deps } = await makeArchive('site.tar.gz');
    expect([...(await readFile(file)).subarray(0, 2)]).toEqual([0x1f, 0x8b]);
    const { stdout } = await promisify(execFile)('tar', ['tzf', file]);
    expect(stdout).toMatch(
      /^certamen\.db\nstorage\/objects\/.+\nreceipt-key\.pem\nmanifest\.json\n$/su,
    );
    const { stdout: mode } = await promisify(execFile)('stat', ['-c', '%a', file]);
    expect(mode.trim()).toBe('600');
    const into = await makeDataDir();
    await restore({ file, into, force: false, now: NOW });
    expect(await openFolder(into, checkFiles)).toBe(1);
    expect(await readdir(path.dirname(file))).toEqual(['site.tar.gz']);
    expect(deps.config.DATA_DIR).not.toBe(into);
  });

  it('leaves out what belongs to nothing, and takes what else the data folder holds', async () => {
    const { deps } = await makeArchive();
    const orphan = await makeFile(deps);
    await writeFile(path.join(deps.config.DATA_DIR, 'notes.txt'), 'of the operator');
    await writeFile(path.join(deps.config.DATA_DIR, 'storage/incoming/half'), 'x');
    const out = path.join(await makeDataDir(), 'b.tar');
    const { manifest } = await backUp(deps.config, { out, now: NOW });
    const names = manifest.files.map(({ name }) => name);
    expect(names).toContain('notes.txt');
    expect(names.join()).not.toContain(orphan.storage_key);
    expect(names.join()).not.toContain('incoming');
    expect(names).toHaveLength(4);
  });

  it('tells of files that are gone or changed, and saves the rest', async () => {
    const { deps, phase_id, user } = await makeArchive();
    const [gone, changed] = [await makeFile(deps), await makeFile(deps)];
    await makeSubmission(deps, { phase_id, user, files: [gone] });
    await makeSubmission(deps, { phase_id, user, files: [changed] });
    await deps.storage.remove(gone.storage_key);
    const key = changed.storage_key;
    const folder = path.join(deps.config.DATA_DIR, 'storage/objects', key.slice(0, 2));
    await writeFile(path.join(folder, key), 'y');
    const out = path.join(await makeDataDir(), 'b.tar');
    const env = { DATA_DIR: deps.config.DATA_DIR };
    const { code, stderr } = await certamen(['backup', '--out', out], env);
    expect(code).toBe(5);
    expect(stderr).toContain(`missing: storage/objects/${gone.storage_key.slice(0, 2)}/`);
    expect(stderr).toContain('changed: storage/objects/');
    const into = await makeDataDir();
    const { manifest } = await restore({ file: out, into, force: false, now: NOW });
    expect(manifest.damaged).toHaveLength(2);
  });

  it('is written to no place where it would replace or lose something', async () => {
    const { deps, file } = await makeArchive();
    const { DATA_DIR } = deps.config;
    const refuse = (out: string) => expect(backUp(deps.config, { out, now: NOW })).rejects;
    await refuse(file).toThrow('is there already');
    await refuse(path.join(DATA_DIR, 'b.tar')).toThrow('inside the data folder');
    await refuse(DATA_DIR).toThrow('inside the data folder');
    await refuse('/no/such/folder/b.tar').toThrow('there is no folder');
    const empty = loadConfig({ DATA_DIR: await makeDataDir() });
    await expect(backUp(empty, { out: '/tmp', now: NOW })).rejects.toThrow('no database');
    expect((await certamen(['backup'], { DATA_DIR })).code).toBe(2);
  });
});

describe('restoring', () => {
  it('refuses a folder that holds something, and moves it aside when it is told to', async () => {
    const { file } = await makeArchive();
    const into = await makeDataDir();
    await writeFile(path.join(into, 'precious'), 'x');
    const refused = await certamen(['restore', file, '--into', into], {});
    expect(refused.code).toBe(5);
    expect(refused.stderr).toContain('is not empty');
    expect(await readdir(into)).toEqual(['precious']);
    const { moved_to } = await restore({ file, into, force: true, now: NOW });
    expect(moved_to).toBe(path.join(into, 'before-restore-20260302T120000Z'));
    expect(await readdir(moved_to ?? '')).toEqual(['precious']);
    expect(await openFolder(into, checkFiles)).toBe(1);
    // And what was moved aside is in no later backup.
    const out = path.join(await makeDataDir(), 'b.tar');
    const { manifest } = await backUp(loadConfig({ DATA_DIR: into }), { out, now: NOW });
    expect(manifest.files.map(({ name }) => name).join()).not.toContain('precious');
  });

  it('refuses a folder that a server runs on, whatever it is told', async () => {
    const { file, deps } = await makeArchive();
    const into = deps.config.DATA_DIR;
    const { code, stderr } = await certamen(['restore', file, '--into', into, '--force'], {});
    expect(code).toBe(5);
    expect(stderr).toContain('stop it first');
    expect(await checkFiles(deps)).toBe(1);
  });

  it.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1), 'no whole backup'],
    [
      'changed in one bit of a stored file',
      (bytes: Buffer) => {
        const at = bytes.indexOf('storage/objects/') + 512 + 1000;
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        return bytes;
      },
      'is damaged',
    ],
    ['something else', () => Buffer.from('hello '.repeat(1000)), 'no whole backup'],
    ['without a manifest', () => tarEnd(), 'no manifest'],
    [
      'of files that lead elsewhere',
      () => {
        const header = tarHeader({ name: '../evil', bytes: 1, modified_ms: 0 });
        return Buffer.concat([header, Buffer.from('x'), tarPadding(1), tarEnd()]);
      },
      'leads elsewhere',
    ],
  ])(
    'refuses an archive that is %s, and leaves the folder as it was',
    async (_what, spoil, why) => {
      const { file } = await makeArchive();
      await writeFile(file, spoil(await readFile(file)));
      const into = await makeDataDir();
      await expect(restore({ file, into, force: false, now: NOW })).rejects.toThrow(why);
      expect(await readdir(into)).toEqual([]);
      await rm(file);
      await expect(restore({ file, into, force: false, now: NOW })).rejects.toThrow(
        'there is no file',
      );
    },
  );

  it('refuses a backup of a newer Certamen', async () => {
    const { deps } = await makeArchive();
    await deps.db
      .insertInto('kysely_migration' as 'settings')
      .values({ name: '99991231-later', timestamp: '' } as never)
      .execute();
    const out = path.join(await makeDataDir(), 'b.tar');
    const { file } = await backUp(deps.config, { out, now: NOW });
    const into = await makeDataDir();
    await expect(restore({ file, into, force: false, now: NOW })).rejects.toThrow('newer');
    expect(await readdir(into)).toEqual([]);
  });

  it('evaluates again what was being evaluated', async () => {
    const { deps, phase_id, user } = await makeArchive();
    const files = [await makeModelFile(deps)];
    const { evaluation_id } = await makeSubmission(deps, { phase_id, user, files });
    await deps.queue.claim(['evaluate-submission'], 'a worker of another machine');
    const out = path.join(await makeDataDir(), 'b.tar');
    const { file } = await backUp(deps.config, { out, now: NOW });
    const into = await makeDataDir();
    await restore({ file, into, force: false, now: NOW });
    await openFolder(into, async (copy) => {
      await runQueue(copy);
      const { status } = await copy.db
        .selectFrom('evaluations')
        .select('status')
        .where('id', '=', evaluation_id)
        .executeTakeFirstOrThrow();
      expect(status).toBe('succeeded');
    });
  });
});
