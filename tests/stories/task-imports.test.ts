/** Task bundles that would harm the worker, and workers that die of other things. */
import { access, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import type { Deps } from '../../server/deps.ts';
import { recoverLapsed } from '../../server/services/evaluations.ts';
import { createCompetition } from '../../server/services/organizing.ts';
import { listImports, sendTaskBundle, sweepImports } from '../../server/services/task-imports.ts';
import { encodeNpy } from '../../tasks/data/npy.ts';
import { makeDeps } from '../factories/deps.ts';
import { makeUser } from '../factories/records.ts';
import { zip, type ZipEntry } from '../sandbox/make-zip.ts';
import { runQueue } from './run-queue.ts';

const MIB = 1024 * 1024;

async function makeDraft(env: Record<string, string> = {}) {
  const deps = await makeDeps(env);
  const roles = [{ scope: 'site', scope_id: '', role: 'admin' }];
  const viewer = await makeUser(deps, { roles });
  const texts = { title_en: 'A', title_es: 'A', summary_en: 'B', summary_es: 'B' };
  await createCompetition(deps, { viewer, form: { slug: 'draft', ...texts } });
  const at = { slug: 'draft', viewer };
  return {
    deps,
    list: () => listImports(deps, at),
    send: async (entries: readonly ZipEntry[]) => {
      const content = Buffer.from(zip(entries));
      const stored = await deps.storage.put(Readable.from([content]), { maxBytes: 64 * MIB });
      const files = [{ name: 'task.zip', ...stored }];
      return (await sendTaskBundle(deps, { ...at, files })).import_id;
    },
  };
}

/** Files in the storage, and folders beside the tasks. */
async function leftovers(deps: Deps): Promise<string[]> {
  const storage = fileURLToPath(deps.config.STORAGE_URL);
  const all = await readdir(storage, { recursive: true, withFileTypes: true });
  const tasks = await readdir(path.join(deps.config.DATA_DIR, 'tasks')).catch(() => []);
  return [...all.filter((entry) => entry.isFile()).map(({ name }) => name), ...tasks];
}

const yaml = (shape: number[]) => `
name: large
kind: image-classification
title: Large
input: { dtype: uint8, shape: [${shape.join(', ')}] }
output: { classes: [a, b] }
splits: { public: { inputs: images.npy, targets: labels.npy, shown: at-once } }
metrics: [{ name: top1_error, primary: true }]
accepts: [onnx]
`;

function largeTask(side: number): ZipEntry[] {
  const images = { dtype: 'uint8', shape: [2, side, side], data: new Uint8Array(2 * side * side) };
  const labels = { dtype: 'uint8', shape: [2], data: new Uint8Array([0, 1]) };
  return [
    { name: 'task.yaml', content: yaml([side, side, 1]) },
    { name: 'images.npy', content: encodeNpy({ ...images, dtype: 'uint8' }) },
    { name: 'labels.npy', content: encodeNpy({ ...labels, dtype: 'uint8' }) },
  ];
}

describe('a task bundle', () => {
  it('is imported once, and nothing but the task stays', async () => {
    const { deps, send, list } = await makeDraft();
    await send(largeTask(4));
    await send(largeTask(4));
    await runQueue(deps);
    const imports = await list();
    expect(imports.map(({ status, problems }) => [status, problems])).toEqual([
      ['imported', []],
      ['imported', []],
    ]);
    expect(new Set(imports.map(({ task_version_id }) => task_version_id)).size).toBe(1);
    expect(await leftovers(deps)).toEqual(['large']);
  });

  it('is refused when it inflates beyond the cap, and nothing stays', async () => {
    const { deps, send, list } = await makeDraft({ TASK_UPLOAD_MAX_MB: '1' });
    await send(largeTask(2048));
    await runQueue(deps);
    expect(await list()).toMatchObject([{ status: 'refused', storage_key: null }]);
    expect(await leftovers(deps)).toEqual([]);
  });

  it('is refused when reading it takes more memory than there may be', async () => {
    const { deps, send, list } = await makeDraft({ TASK_CHECK_MB: '256' });
    await send(largeTask(14_000));
    await runQueue(deps);
    const [refused] = await list();
    expect(refused).toMatchObject({ status: 'refused', storage_key: null });
    expect(JSON.stringify(refused?.problems)).toContain('256 MiB of memory');
    expect(await leftovers(deps)).toEqual([]);
  });

  it.each([
    ['leads out of its folder', { name: '../task.yaml', content: 'x' }],
    ['is a link', { name: 'images.npy', content: '/etc/passwd', mode: 0o120777 }],
  ])('is refused when a name %s', async (_, entry) => {
    const { deps, send, list } = await makeDraft();
    await send([{ name: 'task.yaml', content: yaml([4, 4, 1]) }, entry]);
    await runQueue(deps);
    expect(await list()).toMatchObject([{ status: 'refused', storage_key: null }]);
    expect(await leftovers(deps)).toEqual([]);
  });

  it('waits again when its worker is lost, and has failed after the last attempt', async () => {
    const { deps, send, list } = await makeDraft({ JOB_MAX_ATTEMPTS: '2' });
    const id = await send(largeTask(4));
    const room = path.join(deps.config.DATA_DIR, 'tasks', `.incoming-${id}`);
    for (const status of ['waiting', 'failed']) {
      const job = await deps.queue.claim(['import-task'], 'a worker that dies');
      expect(job?.id).toBe(id);
      await mkdir(room, { recursive: true });
      deps.clock.advance(deps.config.JOB_LEASE_MS + 1);
      expect(await recoverLapsed(deps)).toBe(1);
      expect(await list()).toMatchObject([{ status }]);
      await sweepImports(deps);
      if (status === 'waiting') await access(room);
      deps.clock.advance(60_000);
    }
    expect(await leftovers(deps)).toEqual([]);
    expect(await list()).toMatchObject([{ status: 'failed', storage_key: null }]);
  });
});
