/** Evaluations that ended with given results by item, without a model that was run. */
import { encodeItems } from '../../server/services/item-results.ts';
import { rebuildBoards } from '../../server/services/leaderboards.ts';
import { storeScores } from '../../server/services/releases.ts';
import { withInterval } from '../../scoring/evaluate.ts';
import type { ItemStatistics } from '../../scoring/metric.ts';
import { getMetric } from '../../scoring/registry.ts';
import type { Deps } from '../../server/deps.ts';
import { newId } from '../../server/lib/ids.ts';
import { upsertUserEntry } from '../../server/models/entries.ts';
import { insertEvaluation, updateEvaluationEnded } from '../../server/models/evaluations.ts';
import { insertItemResults } from '../../server/models/item-results.ts';
import { selectPhase } from '../../server/models/phases.ts';
import { insertSplitDetail } from '../../server/models/split-details.ts';
import { insertSubmission } from '../../server/models/submissions.ts';
import type { Viewer } from '../../server/services/access.ts';

/** By item of a split, whether it is wrong. */
export type Wrong = readonly boolean[];

/** Null: an undefined score, without results by item. */
export type Drawn = Wrong | ItemStatistics | null;

export interface ScoredRecord {
  readonly entry_id: string;
  readonly submission_id: string;
  readonly evaluation_id: string;
}

/**
 * A submission that was scored now, with its place on the boards.
 *
 * @param of.splits by split and metric: which items are wrong, or their statistics.
 */
export async function makeScored(
  deps: Deps,
  of: {
    phase_id: string;
    user: Viewer;
    splits: Readonly<Record<string, Readonly<Record<string, Drawn>>>>;
  },
): Promise<ScoredRecord> {
  const now = deps.clock.now().toISOString();
  const [submission_id, evaluation_id] = [newId(), newId()];
  const entry_id = await deps.db.transaction().execute(async (trx) => {
    const phase = await selectPhase(trx, of.phase_id);
    const entry = await upsertUserEntry(trx, {
      id: newId(),
      competition_id: phase.competition_id,
      user_id: of.user.id,
      name: of.user.name,
      created_at: now,
    });
    await insertSubmission(trx, {
      id: submission_id,
      phase_id: phase.id,
      entry_id: entry,
      user_id: of.user.id,
      files: [],
      artifact_sha256: '',
      artifact_bytes: 0,
      options: {},
      note: '',
      created_at: now,
    });
    const { task_version_id } = phase;
    const at = { submission_id, phase_id: phase.id, entry_id: entry, task_version_id };
    await insertEvaluation(trx, { id: evaluation_id, ...at, queued_at: now, counts_quota: true });
    await updateEvaluationEnded(trx, {
      id: evaluation_id,
      status: 'succeeded',
      failure: null,
      run: null,
      counts_quota: true,
      finished_at: now,
    });
    const splits = Object.entries(of.splits).map(([split, metrics]) => {
      const items = Object.fromEntries(
        Object.entries(metrics).flatMap(([metric, drawn]) =>
          drawn === null ? [] : [[metric, toStatistics(drawn)]],
        ),
      );
      const scores = Object.keys(metrics).map((metric) => scoreOf(metric, items[metric]));
      return { split, rows: Object.values(items)[0]?.items ?? 0, scores, items };
    });
    for (const { split, rows, items } of splits) {
      await insertSplitDetail(trx, { evaluation_id, split, rows, detail: null });
      for (const [metric, statistics] of Object.entries(items)) {
        await insertItemResults(trx, { ...encodeItems(statistics), evaluation_id, split, metric });
      }
    }
    const { phase_id } = of;
    await storeScores(trx, { phase_id, evaluation_id, entry_id: entry, splits });
    await rebuildBoards(trx, {
      phase_id,
      changed: { entry_id: entry },
      now: deps.clock.now(),
    });
    return entry;
  });
  return { entry_id, submission_id, evaluation_id };
}

function toStatistics(given: Wrong | ItemStatistics): ItemStatistics {
  if ('width' in given) return given;
  return { items: given.length, width: 1, values: Float64Array.from(given, Number) };
}

function scoreOf(metric: string, items: ItemStatistics | undefined) {
  if (items === undefined) return { metric, value: null, interval: null };
  const sum = items.values.reduce((so, value) => so + value, 0);
  const value = getMetric(metric).finish([sum], items.items, 1);
  return withInterval({ score: { metric, value, interval: null }, items }, 1);
}

/** `wrong` wrong items of `items`, the first ones after `from`: a result without chance. */
export function wrongItems(items: number, wrong: number, from = 0): boolean[] {
  return Array.from({ length: items }, (_, item) => item >= from && item < from + wrong);
}
