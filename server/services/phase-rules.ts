/** Rules of a phase that may change while it runs: boards follow from what is stored, and nothing is run again. */
import type { TaskSpec } from '../../tasks/task.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { updateWaitingTaskVersion } from '../models/evaluations.ts';
import {
  lockPhase,
  updatePhaseRules as updateRules,
  updatePhaseTaskVersion,
  RankingRuleSchema,
  ReleaseRuleSchema,
  type Phase,
  type PhaseRanking,
  type ReleaseRule,
} from '../models/phases.ts';
import { selectTaskVersion } from '../models/task-versions.ts';
import { isOrganizer, type Viewer } from './access.ts';
import { recordAudit } from './audit.ts';
import { releaseRule, scoredSplits } from './disclosure.ts';
import { rebuildBoards } from './leaderboards.ts';
import { releaseAgain } from './releases.ts';
import { readTaskSpec } from './tasks.ts';

export interface PhaseRules {
  readonly display_rule: Phase['display_rule'];
  readonly ranking: PhaseRanking;
  /** Null: as the detail of the public split asks. */
  readonly release: ReleaseRule | null;
}

/**
 * Changes what is named and recomputes the boards. What participants have seen of earlier scores they
 * have seen: a stricter release rule protects what is still to come.
 *
 * @throws AppError PHASE_NOT_FOUND, FORBIDDEN, INVALID_FORM naming `ranking` or `release`.
 */
export async function updatePhaseRules(
  deps: Deps,
  input: { phase_id: string; viewer: Viewer; rules: Partial<PhaseRules> },
): Promise<void> {
  await deps.db.transaction().execute(async (trx) => {
    const phase = await lockPhase(trx, input.phase_id);
    if (!isOrganizer(input.viewer, phase.competition_id)) throw new AppError('FORBIDDEN');
    const { spec } = await readTaskSpec({ db: trx }, phase.task_version_id);
    const rules = checkRules({ ...rulesOf(phase), ...input.rules }, spec);
    const [before, after] = [JSON.stringify(rulesOf(phase)), JSON.stringify(rules)];
    if (before === after) return;
    await updateRules(trx, { id: phase.id, ...rules });
    const changed: Phase = { ...phase, ...rules };
    if (JSON.stringify(phase.release) !== JSON.stringify(rules.release)) {
      await releaseAgain(trx, { phase: changed, spec });
    }
    await rebuildBoards(trx, { phase_id: phase.id, changed: 'all', now: deps.clock.now() });
    await recordAudit(deps, trx, {
      actor_id: input.viewer.id,
      action: 'phase.rules_changed',
      subject: 'phase',
      subject_id: phase.id,
      detail: { from: before, to: after },
    });
  });
}

/**
 * Moves a phase to another version of its task, where scores of both mean the same: same kind, inputs,
 * outputs and metrics, and the same data in the scored splits. Texts, limits, baselines and the detail of
 * splits may differ; where the detail says how public scores are released, they are released anew.
 *
 * @returns false when the scores could differ; nothing is changed then.
 * @throws AppError PHASE_NOT_FOUND
 */
export async function adoptTaskVersion(
  deps: Deps,
  input: { phase_id: string; task_version_id: string },
): Promise<boolean> {
  return deps.db.transaction().execute(async (trx) => {
    const phase = await lockPhase(trx, input.phase_id);
    if (phase.task_version_id === input.task_version_id) return true;
    if (!(await meansTheSame(trx, phase, input.task_version_id))) return false;
    const [current, next] = [
      await selectTaskVersion(trx, phase.task_version_id),
      await selectTaskVersion(trx, input.task_version_id),
    ];
    await updatePhaseTaskVersion(trx, phase.id, next.id);
    await updateWaitingTaskVersion(trx, phase.id, next.id);
    const changed: Phase = { ...phase, task_version_id: next.id };
    const releaseOf = ({ spec }: typeof current) =>
      JSON.stringify(releaseRule(phase, spec as TaskSpec));
    if (releaseOf(current) !== releaseOf(next)) {
      await releaseAgain(trx, { phase: changed, spec: next.spec as TaskSpec });
    }
    await rebuildBoards(trx, { phase_id: phase.id, changed: 'all', now: deps.clock.now() });
    await recordAudit(deps, trx, {
      actor_id: null,
      action: 'phase.task_version_adopted',
      subject: 'phase',
      subject_id: phase.id,
      detail: { from: current.version, to: next.version },
    });
    return true;
  });
}

/** Whether scores of the phase would mean the same under another version of its task. */
export async function meansTheSame(
  db: Deps['db'],
  phase: Pick<Phase, 'task_version_id' | 'public_split' | 'private_split'>,
  taskVersionId: string,
): Promise<boolean> {
  const [current, next] = [
    await selectTaskVersion(db, phase.task_version_id),
    await selectTaskVersion(db, taskVersionId),
  ];
  const meaning = ({ spec, split_hashes }: typeof current): string => {
    const { kind, input, output, metrics } = spec as TaskSpec;
    const data = scoredSplits(phase).map((split) => split_hashes[split] ?? null);
    return JSON.stringify({ kind, input, output, metrics, data });
  };
  return current.task_id === next.task_id && meaning(current) === meaning(next);
}

function rulesOf({ display_rule, ranking, release }: Phase): PhaseRules {
  return { display_rule, ranking, release };
}

/** Of the form that is stored, about metrics that the task has. @throws AppError INVALID_FORM */
export function checkRules(rules: PhaseRules, spec: TaskSpec): PhaseRules {
  const known = new Set(spec.metrics.map(({ name }) => name));
  const areKnown = (names: readonly string[]) =>
    names.every((name) => known.has(name)) && new Set(names).size === names.length;
  const ranking = RankingRuleSchema.safeParse(rules.ranking);
  if (
    !ranking.success ||
    !areKnown(ranking.data.tie_breakers) ||
    !areKnown(ranking.data.metrics ?? [])
  ) {
    throw new AppError('INVALID_FORM', { fields: { ranking: 'invalid' } });
  }
  const release = ReleaseRuleSchema.nullable().safeParse(rules.release);
  const steps = release.data?.rule === 'rounded' ? Object.keys(release.data.steps) : [];
  if (!release.success || !areKnown(steps)) {
    throw new AppError('INVALID_FORM', { fields: { release: 'invalid' } });
  }
  return { display_rule: rules.display_rule, ranking: ranking.data, release: release.data };
}
