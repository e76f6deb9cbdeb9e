/** Entries that broke the rules stay, with the reason beside them, and are ranked no more. */
import type { Db } from '../db/connect.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { timestamp } from '../lib/clock.ts';
import { FIELD_LIMITS } from '../lib/field-limits.ts';
import { selectCompetition, type Competition } from '../models/competitions.ts';
import { selectEntry, updateEntryDisqualified, type Entry } from '../models/entries.ts';
import { listPhases } from '../models/phases.ts';
import { isOrganizer, type Viewer } from './access.ts';
import { recordAudit } from './audit.ts';
import { rebuildBoards } from './leaderboards.ts';

/**
 * Takes an entry out of the ranking of every phase. A second call changes the reason.
 *
 * @param input.reason for everybody to read.
 * @throws AppError ENTRY_NOT_FOUND also for all but organizers, INVALID_FORM naming `reason`.
 */
export async function disqualifyEntry(
  deps: Deps,
  input: { entry_id: string; reason: string; viewer: Viewer },
): Promise<void> {
  const reason = input.reason.trim();
  if (reason === '') throw new AppError('INVALID_FORM', { fields: { reason: 'required' } });
  if (reason.length > FIELD_LIMITS.note.max) {
    throw new AppError('INVALID_FORM', { fields: { reason: 'too_long' } });
  }
  await deps.db.transaction().execute(async (trx) => {
    const entry = await selectOrganized(trx, input);
    await updateEntryDisqualified(trx, {
      id: entry.id,
      disqualified_at: entry.disqualified_at ?? timestamp(deps.clock),
      disqualified_reason: reason,
    });
    await rebuildAll(trx, entry, deps.clock.now());
    await recordAudit(deps, trx, {
      actor_id: input.viewer.id,
      action: 'entry.disqualified',
      subject: 'entry',
      subject_id: entry.id,
      detail: { reason },
    });
  });
}

/** Takes an entry back into the ranking. @throws AppError ENTRY_NOT_FOUND */
export async function reinstateEntry(
  deps: Deps,
  input: { entry_id: string; viewer: Viewer },
): Promise<void> {
  await deps.db.transaction().execute(async (trx) => {
    const entry = await selectOrganized(trx, input);
    if (entry.disqualified_at === null) return;
    await updateEntryDisqualified(trx, {
      id: entry.id,
      disqualified_at: null,
      disqualified_reason: null,
    });
    await rebuildAll(trx, entry, deps.clock.now());
    await recordAudit(deps, trx, {
      actor_id: input.viewer.id,
      action: 'entry.reinstated',
      subject: 'entry',
      subject_id: entry.id,
      detail: { reason: entry.disqualified_reason },
    });
  });
}

/** The entry, for those who may take it out of the ranking. @throws AppError ENTRY_NOT_FOUND */
export async function readOrganizedEntry(
  deps: Pick<Deps, 'db'>,
  input: { entry_id: string; viewer: Viewer },
): Promise<{ entry: Entry; competition: Competition }> {
  const entry = await selectOrganized(deps.db, input);
  return { entry, competition: await selectCompetition(deps.db, entry.competition_id) };
}

async function selectOrganized(
  trx: Db,
  { entry_id, viewer }: { entry_id: string; viewer: Viewer },
): Promise<Entry> {
  const entry = await selectEntry(trx, entry_id);
  if (!isOrganizer(viewer, entry.competition_id)) throw new AppError('ENTRY_NOT_FOUND');
  return entry;
}

async function rebuildAll(trx: Db, entry: Entry, now: Date): Promise<void> {
  for (const phase of await listPhases(trx, entry.competition_id)) {
    await rebuildBoards(trx, { phase_id: phase.id, changed: 'none', now });
  }
}
