/** Where the display rule is `chosen`: which of its submissions an entry wants to be ranked by. */
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { timestamp } from '../lib/clock.ts';
import { listChosenSubmissions, upsertChosenSubmission } from '../models/chosen-submissions.ts';
import { selectEvaluationOfSubmission } from '../models/evaluations.ts';
import { isOrganizer, type Viewer } from './access.ts';
import { recordAudit } from './audit.ts';
import { phaseState } from './competitions.ts';
import { rebuildBoards } from './leaderboards.ts';
import { selectVisibleSubmission } from './submissions.ts';

/**
 * The board shows this submission of its entry from now on. Participants choose until the phase closes.
 *
 * @throws AppError SUBMISSION_NOT_FOUND, CHOICE_NOT_OFFERED by the rules or without a score, PHASE_CLOSED
 */
export async function chooseSubmission(
  deps: Deps,
  input: { submission_id: string; viewer: Viewer },
): Promise<void> {
  const { viewer } = input;
  await deps.db.transaction().execute(async (trx) => {
    const visible = await selectVisibleSubmission({ ...deps, db: trx }, input);
    const { submission, phase, entry, is_member, organizes } = visible;
    if (!is_member && !organizes) {
      throw new AppError('SUBMISSION_NOT_FOUND');
    }
    const { status } = await selectEvaluationOfSubmission(trx, submission.id);
    if (phase.display_rule !== 'chosen' || status !== 'succeeded') {
      throw new AppError('CHOICE_NOT_OFFERED');
    }
    const isClosed = phaseState(phase, deps.clock.now()) === 'closed';
    // Private scores may be known by then.
    if (isClosed && !isOrganizer(viewer, phase.competition_id)) {
      throw new AppError('PHASE_CLOSED', { params: { ends_at: phase.ends_at ?? '' } });
    }
    await upsertChosenSubmission(trx, {
      phase_id: phase.id,
      entry_id: entry.id,
      submission_id: submission.id,
      chosen_at: timestamp(deps.clock),
    });
    await rebuildBoards(trx, {
      phase_id: phase.id,
      changed: { entry_id: entry.id },
      now: deps.clock.now(),
    });
    await recordAudit(deps, trx, {
      actor_id: viewer.id,
      action: 'submission.chosen',
      subject: 'submission',
      subject_id: submission.id,
      detail: { entry_id: entry.id },
    });
  });
}

/** The submission that an entry chose in a phase; null while it chose none. */
export async function readChosenSubmission(
  deps: Deps,
  input: { phase_id: string; entry_id: string },
): Promise<string | null> {
  return (await listChosenSubmissions(deps.db, input)).get(input.entry_id) ?? null;
}
