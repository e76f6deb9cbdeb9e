/** Rules of a phase that may change while it runs: boards follow from what is stored, and nothing is run again. */
import type { TaskSpec } from '../../tasks/task.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import {
  selectPhase,
  updatePhaseRules as updateRules,
  RankingRuleSchema,
  ReleaseRuleSchema,
  type Phase,
  type PhaseRanking,
  type ReleaseRule,
} from '../models/phases.ts';
import { isOrganizer, type Viewer } from './access.ts';
import { recordAudit } from './audit.ts';
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
    const phase = await selectPhase(trx, input.phase_id);
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
    await rebuildBoards(trx, { phase: changed, spec, changed: 'all', now: deps.clock.now() });
    await recordAudit(deps, trx, {
      actor_id: input.viewer.id,
      action: 'phase.rules_changed',
      subject: 'phase',
      subject_id: phase.id,
      detail: { from: before, to: after },
    });
  });
}

function rulesOf({ display_rule, ranking, release }: Phase): PhaseRules {
  return { display_rule, ranking, release };
}

/** Of the form that is stored, about metrics that the task has. */
function checkRules(rules: PhaseRules, spec: TaskSpec): PhaseRules {
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
