import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { lintTask } from '../../../tasks/lint.ts';

const DIGITS = path.resolve(import.meta.dirname, '../../../tasks/digits');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'certamen-lint-'));
  await cp(DIGITS, folder, { recursive: true });
  // Files as they are, which nothing makes again.
  await edit((text) => text.replace(/^prepare:.*\n/mu, ''));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function edit(change: (text: string) => string): Promise<void> {
  const file = path.join(folder, 'task.yaml');
  await writeFile(file, change(await readFile(file, 'utf8')));
}

const texts = (failures: Awaited<ReturnType<typeof lintTask>>['problems']) =>
  failures.map(({ failure: { params } }) => [params['key'] ?? params['file'], params['detail']]);

describe('the check of a task', () => {
  it('finds nothing in the digits', async () => {
    const { task, problems, warnings } = await lintTask(folder);
    expect(task?.spec.name).toBe('digits');
    expect([problems, warnings]).toEqual([[], []]);
  });

  it('says every wrong key of task.yaml at once', async () => {
    await edit((text) =>
      text
        .replace('dtype: uint8', 'dtype: uint9')
        .replace('form: scores', 'from: scores')
        .replace('name: digits', 'name: No Name'),
    );
    const { task, problems } = await lintTask(folder);
    expect(task).toBeNull();
    expect(texts(problems).map(([key]) => key)).toEqual(['output.from', 'name', 'input.dtype']);
  });

  it('reads every data file, also after the first that is broken', async () => {
    await rm(path.join(folder, 'train/images.npy'));
    await appendFile(path.join(folder, 'public/labels.npy'), 'x');
    await edit((text) => text.replace('baselines/mlp.onnx', 'baselines/none.onnx'));
    const { problems } = await lintTask(folder);
    const found = texts(problems).map(([what]) => what);
    expect(found).toEqual([
      expect.stringMatching(/^baselines\.\d\.artifact$/u),
      'train/images.npy',
      'public/labels.npy',
    ]);
  });

  it('warns of a predictions lane that nobody can use, and of classes that nothing tests', async () => {
    await edit((text) =>
      text.replace('share: inputs', 'share: hidden').replace("'8', '9']", "'8', '9', 'ten']"),
    );
    const { task, problems, warnings } = await lintTask(folder);
    expect(problems).toEqual([]);
    expect(task).not.toBeNull();
    expect(texts(warnings)).toEqual([
      ['splits.public.share', undefined],
      ['splits.public.targets', undefined],
      ['splits.private.targets', undefined],
    ]);
    expect(warnings[1]?.failure.params).toMatchObject({
      expected: 'labels of all 11 classes',
      received: 'labels of 10',
    });
  });

  it('refuses a task.yaml whose letters it cannot tell', async () => {
    const text = await readFile(path.join(folder, 'task.yaml'), 'utf8');
    await writeFile(path.join(folder, 'task.yaml'), Buffer.from(text, 'latin1'));
    const { task, problems } = await lintTask(folder);
    expect(task).toBeNull();
    expect(texts(problems)).toEqual([['(encoding)', undefined]]);
  });
});
