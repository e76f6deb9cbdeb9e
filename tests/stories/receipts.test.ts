import { createHash, randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { verify } from '../../cli/verify.ts';
import { verifyReceipt } from '../../server/lib/receipt.ts';
import { openSigningKey } from '../../server/lib/signing-key.ts';
import { readReceipt, readReceiptKeys } from '../../server/services/receipts.ts';
import { readResult } from '../../server/services/results.ts';
import { cancelSubmission, submitBaseline } from '../../server/services/submissions.ts';
import { loadTask } from '../../tasks/load.ts';
import { makeDataDir, makeDeps } from '../factories/deps.ts';
import {
  makeCompetition,
  makeFile,
  makeModelFile,
  makeSubmission,
  makeUser,
} from '../factories/records.ts';
import { runQueue } from './run-queue.ts';

const DIGITS = path.resolve(import.meta.dirname, '../../tasks/digits');
const ENDS_AT = '2026-03-10T00:00:00.000Z';

async function makeScored(model = 'logreg.onnx') {
  const deps = await makeDeps();
  const { competition_id, phase_id, slug } = await makeCompetition(deps, {
    phase: { ends_at: ENDS_AT },
  });
  const user = await makeUser(deps);
  const organizer = await makeUser(deps, {
    roles: [{ scope: 'competition', scope_id: competition_id, role: 'organizer' }],
  });
  const files = [await makeModelFile(deps, model)];
  const { submission_id } = await makeSubmission(deps, { phase_id, user, files });
  await runQueue(deps);
  return { deps, phase_id, slug, user, organizer, submission_id };
}

describe('the receipt of a scored submission', () => {
  it('names what ran, on what and how it was shut in, and is signed by the key of the site', async () => {
    const { deps, slug, user, submission_id } = await makeScored();
    const file = await readReceipt(deps, { submission_id, viewer: user });
    expect(verifyReceipt(JSON.stringify(file, null, 2))).toEqual({ ok: true, file });
    expect(file.signature.public_key).toBe(deps.signingKey.public_key);
    expect(await readReceiptKeys(deps)).toMatchObject({ current: file.signature.key_id });

    const bytes = await readFile(path.join(DIGITS, 'baselines/logreg.onnx'));
    const { receipt } = file;
    expect(receipt).toMatchObject({
      competition: slug,
      submission_id,
      attempt: 1,
      artifact: {
        files: [
          {
            name: 'logreg.onnx',
            bytes: bytes.byteLength,
            sha256: createHash('sha256').update(bytes).digest('hex'),
          },
        ],
      },
      task: {
        name: 'digits',
        splits: {
          public: { role: 'public', rows: 1000 },
          private: { role: 'private', rows: 1000 },
        },
        limits: { wall_ms: 60_000, memory_mb: 2048 },
      },
      platform: { metrics: ['top1_error', 'top5_error'] },
      engine: { name: 'onnxruntime', provider: 'cpu' },
      outcome: { status: 'succeeded', failure: null },
    });
    expect(receipt.isolation?.level).toMatch(/^(full|partial|process)$/u);
    expect(receipt.machine?.cores).toBeGreaterThan(0);
    // Private details stay coarse, and nothing tells where on which host it ran.
    expect(receipt.times.finished_at).toBe('2026-03-02T12:00:00Z');
    expect(JSON.stringify(file)).not.toContain(deps.config.DATA_DIR);
    expect(JSON.stringify(file)).not.toContain(deps.config.PROJECT_DIR);
  });

  it('keeps scores of the private split sealed until they are revealed, and then opens the same seal', async () => {
    const { deps, user, organizer, submission_id } = await makeScored();
    const read = (viewer: typeof user) => readReceipt(deps, { submission_id, viewer });
    const before = await read(user);
    expect(Object.keys(before.opened)).toEqual(['scores.public']);
    const ofOrganizer = await read(organizer);
    expect(Object.keys(ofOrganizer.opened).sort()).toEqual(
      Object.keys(ofOrganizer.receipt.seals).sort(),
    );
    const sealed = ofOrganizer.opened['scores.private'];
    const { splits } = await readResult(deps, { submission_id, viewer: organizer });
    const top1 = splits[1]?.scores.find(({ metric }) => metric === 'top1_error');
    expect(sealed?.value).toMatchObject({ top1_error: { value: top1?.value } });
    // Neither the number, nor what would let it be found by trying, is anywhere in what the entrant holds.
    const text = JSON.stringify(before);
    expect(text).not.toContain(String(top1?.interval?.low));
    expect(text).not.toContain(String(sealed?.salt));

    deps.clock.set(ENDS_AT);
    const after = await read(user);
    expect(after.receipt).toEqual(before.receipt);
    expect(after.signature).toEqual(before.signature);
    expect(after.opened['scores.private']).toEqual(sealed);
    expect(verifyReceipt(JSON.stringify(after))).toMatchObject({ ok: true });
    // Hashes of hidden targets would answer guesses.
    expect(Object.keys(after.opened)).not.toContain('data.private');
  });

  it('fails when any byte of it is changed', async () => {
    const { deps, organizer, submission_id } = await makeScored();
    const text = JSON.stringify(await readReceipt(deps, { submission_id, viewer: organizer }));
    const bytes = Buffer.from(text);
    const passed: string[] = [];
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      // Another letter or digit where there was one, so that most changes are still JSON.
      const old = String.fromCharCode(bytes[at] ?? 0);
      changed[at] = (/[0-8a-yA-Y]/u.test(old) ? old.charCodeAt(0) + 1 : 0x7e) & 0xff;
      if (verifyReceipt(changed.toString('utf8')).ok) passed.push(`${at}: ${old}`);
    }
    expect(passed).toEqual([]);
    for (const cut of [0, 1, bytes.length - 1]) {
      expect(verifyReceipt(text.slice(0, cut)).ok).toBe(false);
    }
  });

  it('fails when it is signed anew by another key under the name of the first', async () => {
    const { deps, user, submission_id } = await makeScored();
    const file = await readReceipt(deps, { submission_id, viewer: user });
    const other = await openSigningKey(await makeDataDir());
    const { key_id, public_key } = file.signature;
    for (const signature of [
      { ...file.signature, public_key: other.public_key },
      { ...file.signature, public_key: other.public_key, key_id: other.key_id },
      { ...file.signature, value: other.sign('anything') },
    ]) {
      expect(verifyReceipt(JSON.stringify({ ...file, signature })).ok).toBe(false);
    }
    expect([key_id, public_key]).not.toContain(other.key_id);
  });

  it('fails when a value is opened that was not sealed', async () => {
    const { deps, organizer, submission_id } = await makeScored();
    const file = await readReceipt(deps, { submission_id, viewer: organizer });
    const salt = randomBytes(32).toString('base64url');
    const better = { top1_error: { value: 0, low: 0, high: 0 } };
    for (const opened of [
      { ...file.opened, 'scores.private': { salt, value: better } },
      { ...file.opened, 'scores.other': { salt, value: better } },
      { 'scores.private': file.opened['scores.public'] },
    ]) {
      expect(verifyReceipt(JSON.stringify({ ...file, opened }))).toMatchObject({
        ok: false,
        problem: 'seal',
      });
    }
  });

  it('fails when a second key with the same name tries to show a reader something else', async () => {
    const { deps, user, submission_id } = await makeScored();
    const text = JSON.stringify(await readReceipt(deps, { submission_id, viewer: user }));
    const twice = text.replace('"attempt":1', '"attempt":9,"attempt":1');
    expect(twice).not.toBe(text);
    expect(verifyReceipt(twice)).toMatchObject({ ok: false, problem: 'rewritten' });
  });
});

describe('a receipt', () => {
  it('is made for failures too, with their code and without their details', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const files = [await makeFile(deps, { name: 'model.onnx', content: 'not a model' })];
    const { submission_id } = await makeSubmission(deps, { phase_id, user, files });
    await runQueue(deps);
    const file = await readReceipt(deps, { submission_id, viewer: user });
    expect(file.receipt.outcome).toEqual({
      status: 'failed',
      failure: { kind: 'submission', code: 'BAD_FORMAT', reason: 'not-onnx' },
    });
    expect(file.receipt.engine).toBeNull();
    expect(file.receipt.isolation).not.toBeNull();
    expect(file.opened).toEqual({});
    expect(verifyReceipt(JSON.stringify(file))).toMatchObject({ ok: true });
  });

  it('is made where nothing was run', async () => {
    const deps = await makeDeps({ JOB_MAX_ATTEMPTS: '1' });
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const file = await makeModelFile(deps);
    const { submission_id } = await makeSubmission(deps, { phase_id, user, files: [file] });
    await deps.storage.remove(file.storage_key);
    await runQueue(deps);
    const { receipt } = await readReceipt(deps, { submission_id, viewer: user });
    expect(receipt).toMatchObject({
      outcome: { status: 'failed', failure: { kind: 'system', code: 'STORAGE_ERROR' } },
      isolation: null,
      machine: null,
      engine: null,
    });
  });

  it('is not there before the end and not after a cancellation', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const { submission_id } = await makeSubmission(deps, { phase_id, user });
    const read = () => readReceipt(deps, { submission_id, viewer: user });
    await expect(read()).rejects.toMatchObject({ code: 'RECEIPT_NOT_FOUND' });
    await cancelSubmission(deps, { submission_id, viewer: user });
    await expect(read()).rejects.toMatchObject({ code: 'RECEIPT_NOT_FOUND' });
  });

  it('is there for those who may see the result, and for nobody else', async () => {
    const { deps, phase_id, user, submission_id } = await makeScored();
    const stranger = await makeUser(deps);
    for (const viewer of [null, stranger]) {
      await expect(readReceipt(deps, { submission_id, viewer })).rejects.toMatchObject({
        code: 'SUBMISSION_NOT_FOUND',
      });
    }
    const baseline = await submitBaseline(deps, {
      phase_id,
      name: { en: 'Perceptron', es: 'Perceptrón' },
      source: 'us',
      files: [await makeModelFile(deps, 'mlp.onnx')],
    });
    await runQueue(deps);
    const { opened } = await readReceipt(deps, { ...baseline, viewer: null });
    expect(Object.keys(opened)).toEqual(['scores.public']);
    expect((await readReceipt(deps, { submission_id, viewer: user })).receipt.submission_id).toBe(
      submission_id,
    );
  });
});

describe('the signing key', () => {
  it('is made once for a data folder, for its owner alone', async () => {
    const folder = await makeDataDir();
    const keys = await Promise.all(Array.from({ length: 8 }, () => openSigningKey(folder)));
    expect(new Set(keys.map(({ public_key }) => public_key)).size).toBe(1);
    expect((await stat(path.join(folder, 'receipt-key.pem'))).mode & 0o777).toBe(0o600);
  });
});

describe('certamen verify', () => {
  /** Runs the command in this process. */
  async function run(...args: string[]): Promise<{ code: number; out: string }> {
    const write = process.stdout.write.bind(process.stdout);
    let out = '';
    process.stdout.write = (text: string) => (out += text) !== '';
    try {
      return { code: await verify.run(args), out };
    } finally {
      process.stdout.write = write;
    }
  }

  it('compares a receipt with keys, files and task, and says which does not fit', async () => {
    const made = await makeScored();
    const { deps, organizer, submission_id } = made;
    const folder = await makeDataDir();
    const at = (name: string) => path.join(folder, name);
    const file = await readReceipt(deps, { submission_id, viewer: organizer });
    await writeFile(at('receipt.json'), JSON.stringify(file, null, 2));
    await writeFile(at('keys.json'), JSON.stringify(await readReceiptKeys(deps)));
    const model = path.join(DIGITS, 'baselines/logreg.onnx');

    const all = ['--key', at('keys.json'), '--artifact', model, '--task', DIGITS];
    const good = await run(at('receipt.json'), ...all, '--json');
    expect(good.code).toBe(0);
    const answer = JSON.parse(good.out) as { valid: boolean; checks: { name: string }[] };
    expect(answer.valid).toBe(true);
    expect(answer.checks.map(({ name }) => name)).toEqual([
      'receipt',
      'key',
      'artifact',
      ...['task', 'task', 'task'],
    ]);

    // The version is keyed, or a guess of hidden labels could be tried on it.
    const { user } = made;
    const own = await readReceipt(deps, { submission_id, viewer: user });
    await writeFile(at('own.json'), JSON.stringify(own));
    const closed = await run(at('own.json'), '--task', DIGITS);
    expect(closed.code).toBe(3);
    expect(closed.out).toContain('is keyed, for the task has hidden files');
    expect(JSON.stringify(own)).not.toContain((await loadTask(DIGITS)).contentHash);

    const plain = await run(at('receipt.json'));
    expect(plain).toMatchObject({ code: 0 });
    expect(plain.out).toContain('It does not say whose key that is');

    const stranger = await openSigningKey(at('other'));
    await writeFile(at('keys.json'), JSON.stringify({ keys: [stranger] }));
    expect((await run(at('receipt.json'), '--key', at('keys.json'))).code).toBe(3);
    const other = path.join(DIGITS, 'baselines/mlp.onnx');
    expect((await run(at('receipt.json'), '--artifact', other)).code).toBe(3);

    const forged = JSON.stringify(file).replace('"attempt":1', '"attempt":2');
    await writeFile(at('receipt.json'), forged);
    const bad = await run(at('receipt.json'), '--json');
    expect(bad.code).toBe(3);
    expect(JSON.parse(bad.out)).toMatchObject({ valid: false, receipt: null });
  });
});
