/** What a viewer's own entry has been told about the public split. */
import type { Deps } from '../deps.ts';
import { selectOptionalUserEntry } from '../models/entries.ts';
import { selectPhase } from '../models/phases.ts';
import type { Viewer } from './access.ts';
import { readInformationSpent, type InformationSpent } from './releases.ts';

/** Null for who has no entry in the competition, or has not been shown a score in the phase. */
export async function readOwnMeter(
  deps: Pick<Deps, 'db'>,
  input: { phase_id: string; viewer: Viewer | null },
): Promise<InformationSpent | null> {
  const { phase_id, viewer } = input;
  if (viewer === null) return null;
  const phase = await selectPhase(deps.db, phase_id);
  const entry = await selectOptionalUserEntry(deps.db, phase.competition_id, viewer.id);
  if (entry === null) return null;
  const spent = await readInformationSpent(deps, { phase_id, entry_id: entry.id, viewer });
  return spent.answers === 0 ? null : spent;
}
