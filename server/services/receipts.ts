/** Receipts of this site: made where an evaluation ends, read by those who may see its result. */
import type { Failure } from '../../sandbox/failure.ts';
import type { TaskSpec } from '../../tasks/task.ts';
import manifest from '../../package.json' with { type: 'json' };
import type { Db } from '../db/connect.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import type { Json } from '../lib/canonical-json.ts';
import { describeMachine } from '../lib/machine.ts';
import { sealValues, signReceipt, type Receipt, type ReceiptFile } from '../lib/receipt.ts';
import { selectCompetition } from '../models/competitions.ts';
import { selectEvaluation, selectEvaluationOfSubmission } from '../models/evaluations.ts';
import { selectPhase, type Phase } from '../models/phases.ts';
import {
  insertReceipt,
  listReceiptKeys,
  selectOptionalReceipt,
  type ReceiptKey,
} from '../models/receipts.ts';
import { listScores } from '../models/scores.ts';
import { selectSubmission, type Submission } from '../models/submissions.ts';
import { selectTaskVersion } from '../models/task-versions.ts';
import type { Viewer } from './access.ts';
import { shownSplits } from './competitions.ts';
import { hasFullDetail, isReleasedByRule, isSampleOnly, scoredSplits } from './disclosure.ts';
import type { EvaluationResult, RunFacts } from './run-evaluation.ts';
import { selectVisibleSubmission } from './submissions.ts';
import { readTaskSpec } from './tasks.ts';

/** How an evaluation ended. */
export type Ending =
  | { readonly result: EvaluationResult; readonly failure: null }
  /** `failure` as it was, `shown` as its entrant may read it. */
  | { readonly result: null; readonly failure: Failure; readonly shown: Failure };

/**
 * Signs and stores the receipt of an evaluation in the transaction that ends it.
 *
 * @param input.run null when nothing was run.
 */
export async function storeReceipt(
  deps: Deps,
  trx: Db,
  input: { evaluation_id: string; finished_at: string; run: RunFacts | null; ending: Ending },
): Promise<void> {
  const { evaluation_id, finished_at, run, ending } = input;
  const evaluation = await selectEvaluation(trx, evaluation_id);
  const submission = await selectSubmission(trx, evaluation.submission_id);
  const phase = await selectPhase(trx, evaluation.phase_id);
  const competition = await selectCompetition(trx, phase.competition_id);
  const task = await selectTaskVersion(trx, evaluation.task_version_id);
  // Written by registerTask from a spec that the task loader had checked.
  const spec = task.spec as TaskSpec;

  const exact = hasFullDetail(phase, spec);
  const time = (iso: string) => (exact ? iso : `${iso.slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`);
  const { result } = ending;
  const failure = ending.failure === null ? null : ending.shown;
  const released = await releasedValues(trx, { evaluation_id, phase, spec });
  const { seals, opened } = sealValues({
    ...sealedValues(run, ending),
    ...released,
    ...(await contentValue(deps, evaluation.task_version_id)),
    // Who nearly knows the targets could try the rest until a bare hash fits.
    ...Object.fromEntries(
      scoredSplits(phase).map((split) => [`data.${split}`, task.split_hashes[split] ?? null]),
    ),
  });
  const receipt: Receipt = {
    issuer: deps.config.PUBLIC_URL,
    competition: competition.slug,
    phase: phase.slug,
    submission_id: submission.id,
    evaluation_id,
    attempt: evaluation.attempt,
    times: {
      received_at: time(submission.created_at),
      started_at: evaluation.started_at === null ? null : time(evaluation.started_at),
      finished_at: time(finished_at),
      total_s: result === null ? null : Math.ceil(result.times.total_ms / 1000),
    },
    artifact: {
      sha256: submission.artifact_sha256,
      files: submission.files.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 })),
      feed: feedOf(submission),
    },
    task: {
      name: spec.name,
      kind: spec.kind,
      version: task.version,
      splits: Object.fromEntries(
        scoredSplits(phase).map((split) => [
          split,
          {
            role: split === phase.public_split ? 'public' : 'private',
            rows: run?.rows[split] ?? null,
          },
        ]),
      ),
      limits: present(spec.limits),
    },
    platform: { version: manifest.version, metrics: spec.metrics.map(({ name }) => name) },
    engine: run?.engine == null ? null : { ...run.engine },
    isolation:
      run?.isolation == null
        ? null
        : {
            level: run.isolation.level,
            notes: [...run.isolation.notes],
            self_test:
              deps.selfTest?.checks
                // What a machine offers says nothing of how this run was shut in.
                .filter(({ name }) => name !== 'python')
                .map(({ name, holds }) => ({ check: name, holds })) ?? null,
          },
    machine: run === null ? null : { ...describeMachine() },
    outcome: {
      status: result === null ? 'failed' : 'succeeded',
      failure:
        failure === null
          ? null
          : { kind: failure.kind, code: failure.code, reason: failure.reason },
    },
    seals,
  };
  await insertReceipt(trx, {
    evaluation_id,
    file: signReceipt(deps.signingKey, receipt, opened),
    created_at: finished_at,
  });
}

/** Hash of the task's content where its version is keyed, and the task was opened for this evaluation. */
async function contentValue(deps: Deps, taskVersionId: string): Promise<Record<string, Json>> {
  const task = await deps.tasks.get(taskVersionId)?.catch(() => null);
  if (task === undefined || task === null || task.contentHash === task.version) return {};
  return { task: task.contentHash };
}

/** What participants see of the public split's scores, where that is not the scores. */
async function releasedValues(
  trx: Db,
  of: { evaluation_id: string; phase: Phase; spec: TaskSpec },
): Promise<Record<string, Json>> {
  const { evaluation_id, phase, spec } = of;
  const split = phase.public_split;
  if (!isReleasedByRule(phase, spec, split)) return {};
  const scores = await listScores(trx, { evaluation_ids: [evaluation_id], splits: [split] });
  if (scores.length === 0) return {};
  return {
    [`released.${split}`]: Object.fromEntries(
      scores.map(({ metric, released_value, released_low, released_high }) => [
        metric,
        { value: released_value, low: released_low, high: released_high },
      ]),
    ),
  };
}

function sealedValues(run: RunFacts | null, { result, failure }: Ending): Record<string, Json> {
  const values: Record<string, Json> = {};
  for (const { split, scores } of result?.splits ?? []) {
    values[`scores.${split}`] = Object.fromEntries(
      scores.map(({ metric, value, interval }) => [
        metric,
        { value, low: interval?.low ?? null, high: interval?.high ?? null },
      ]),
    );
  }
  if (run !== null) {
    values['run'] = {
      seed: run.seed,
      peak_memory_bytes: run.peak_memory_bytes,
      times: result === null ? null : { ...result.times },
    };
  }
  if (failure !== null)
    values['failure'] = { reason: failure.reason, params: { ...failure.params } };
  return values;
}

function feedOf({ options }: Submission): Receipt['artifact']['feed'] {
  return present(options);
}

/** Without the keys that have no value. */
function present<Shape extends object>(
  record: Shape,
): Record<string, Exclude<Shape[keyof Shape], undefined>> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

/**
 * The receipt of a submission's current evaluation, opened as far as the viewer may see.
 *
 * @throws AppError SUBMISSION_NOT_FOUND, RECEIPT_NOT_FOUND while there is none.
 */
export async function readReceipt(
  deps: Deps,
  input: { submission_id: string; viewer: Viewer | null },
): Promise<ReceiptFile> {
  const { viewer } = input;
  const { submission, phase, organizes } = await selectVisibleSubmission(deps, input);
  const evaluation = await selectEvaluationOfSubmission(deps.db, submission.id);
  const stored = await selectOptionalReceipt(deps.db, evaluation.id);
  if (stored === null) throw new AppError('RECEIPT_NOT_FOUND');
  const { spec } = await readTaskSpec(deps, evaluation.task_version_id);
  const open = new Set(
    shownSplits(phase, spec, viewer, deps.clock.now()).flatMap((split) =>
      organizes || !isReleasedByRule(phase, spec, split)
        ? [`scores.${split}`, `released.${split}`]
        : [`released.${split}`],
    ),
  );
  for (const split of scoredSplits(phase)) {
    if (organizes || spec.splits[split]?.share === 'download') open.add(`data.${split}`);
  }
  if (organizes || hasFullDetail(phase, spec)) open.add('run');
  if (organizes || isSampleOnly(phase, spec)) open.add('failure');
  if (organizes) open.add('task');
  const opened = Object.entries(stored.file.opened).filter(([name]) => open.has(name));
  return { ...stored.file, opened: Object.fromEntries(opened) };
}

/** Public keys of this site, for whoever checks its receipts: the one that signs now, and all that ever did. */
export async function readReceiptKeys(
  deps: Deps,
): Promise<{ current: string; keys: Pick<ReceiptKey, 'key_id' | 'public_key'>[] }> {
  const { key_id, public_key } = deps.signingKey;
  const known = (await listReceiptKeys(deps.db)).map((key) => ({
    key_id: key.key_id,
    public_key: key.public_key,
  }));
  const keys = known.some((key) => key.key_id === key_id)
    ? known
    : [...known, { key_id, public_key }];
  return { current: key_id, keys };
}
