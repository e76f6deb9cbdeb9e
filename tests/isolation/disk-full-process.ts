/**
 * What a full disk does, told as one line of JSON. Runs where DATA_DIR is a small disk of its own: see
 * disk-full.test.ts.
 */
import { closeSync, openSync, readdirSync, rmSync, statfsSync, writeSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import { pino } from 'pino';

import { loadConfig } from '../../server/config.ts';
import { migrate } from '../../server/db/migrations/index.ts';
import { closeDeps, createDeps } from '../../server/deps.ts';
import { startJobLoop } from '../../server/jobs/loop.ts';
import { selectEvaluation } from '../../server/models/evaluations.ts';
import { readQuota } from '../../server/services/submissions.ts';
import { makeLoopModel } from '../factories/loop-model.ts';
import { makeCompetition, makeModelFile, makeSubmission, makeUser } from '../factories/records.ts';
import { makeVisitor } from '../routes/visitor.ts';
import { until } from '../stories/run-queue.ts';

const MIB = 1024 * 1024;
const env = {
  ...process.env,
  CERTAMEN_MODE: 'demo',
  JOB_BACKOFF_MS: '1',
  JOB_MAX_ATTEMPTS: '9',
  QUEUE_POLL_MS: '10',
};
const warnings: string[] = [];
const logger = pino({ level: 'warn' }, { write: (line) => void warnings.push(line) });
const deps = await createDeps(loadConfig(env), { logger });
const { DATA_DIR } = deps.config;
const filler = path.join(DATA_DIR, 'filler');

/** Takes all that is free but so many bytes. */
function fill(spare: number): void {
  const file = openSync(filler, 'w');
  const { bavail, bsize } = statfsSync(DATA_DIR);
  const block = Buffer.alloc(4096, 1);
  try {
    for (let left = bavail * bsize - spare; left > 0; left -= block.length) writeSync(file, block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
}

const stored = () =>
  readdirSync(path.join(DATA_DIR, 'storage'), { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile(),
  ).length;

async function ended(evaluation_id: string): Promise<void> {
  await until(async () => {
    const { status } = await selectEvaluation(deps.db, evaluation_id);
    return status !== 'queued' && status !== 'running';
  }, 'the end of an evaluation');
}

await migrate(deps.db);
const { slug, phase_id } = await makeCompetition(deps);
const visitor = makeVisitor(deps);
await visitor.signUp();
const user = await makeUser(deps);
const report: Record<string, unknown> = {};

/** Sends a file of so many bytes and tells the answer. Nothing of it may stay. */
async function send(bytes: number) {
  const content = Buffer.alloc(bytes, 1);
  const { status, text } = await visitor.upload(slug, [{ name: 'model.onnx', content }]);
  await until(() => Promise.resolve(stored() === 0), 'an empty storage');
  return { status, told: text.includes('disk is full') };
}

// An upload that fills the disk on its way.
report['larger_than_the_disk'] = await send(40 * MIB);
// Less than is kept free for the database.
fill(MIB);
report['below_the_reserve'] = await send(MIB / 2);
// Nothing at all.
fill(0);
report['full'] = await send(1);
rmSync(filler);
report['after'] = (await visitor.upload(slug, [{ name: 'model.onnx', content: 'x' }])).status;

// Full while an evaluation waits, and while another runs.
const waiting = await makeSubmission(deps, { phase_id, user, files: [await makeModelFile(deps)] });
fill(0);
const loop = startJobLoop(deps, 'w');
await sleep(1000);
rmSync(filler);
await ended(waiting.evaluation_id);
const slow = await deps.storage.put(Readable.from([makeLoopModel(20_000)]), { maxBytes: MIB });
const running = await makeSubmission(deps, {
  phase_id,
  user,
  files: [{ name: 'model.onnx', ...slow }],
});
await until(
  async () => (await selectEvaluation(deps.db, running.evaluation_id)).progress_done > 0,
  'the first rows',
);
fill(0);
await until(
  () => Promise.resolve(warnings.some((line) => line.includes('an end is not stored yet'))),
  'an end that cannot be stored',
);
rmSync(filler);
await ended(running.evaluation_id);
await loop.stop();

const outcome = async ({ evaluation_id }: { evaluation_id: string }) => {
  const { status, failure } = await selectEvaluation(deps.db, evaluation_id);
  return { status, failure };
};
report['waiting'] = await outcome(waiting);
report['running'] = await outcome(running);
report['used'] = (await readQuota(deps, { phase_id, user })).used;
await closeDeps(deps);
process.stdout.write(`${JSON.stringify(report)}\n`);
