import type { Deps } from '../deps.ts';
import { selectOptionalCompetitionBySlug } from '../models/competitions.ts';
import { listPhases } from '../models/phases.ts';
import { isRevealed } from './access.ts';
import { phaseState } from './competitions.ts';

/**
 * A text that is another one as soon as the boards of a public competition may look otherwise to visitors
 * without an account: a score, a rule, a name, a phase that ends, a split that opens, a new UTC day. Null where
 * there is nothing for them to see. It is compared, never shown.
 */
export async function readBoardStamp(deps: Deps, slug: string): Promise<string | null> {
  const competition = await selectOptionalCompetitionBySlug(deps.db, slug);
  if (competition?.state !== 'public') return null;
  const now = deps.clock.now();
  const phases = await listPhases(deps.db, competition.id);
  const times = phases.map((phase) => [phaseState(phase, now), isRevealed(phase, now)]);
  return JSON.stringify([
    now.toISOString().slice(0, 'yyyy-mm-dd'.length),
    competition,
    phases,
    times,
  ]);
}
