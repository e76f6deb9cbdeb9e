/** Public against private ranks, once the private ones are shown. */
import type { Localized } from '../../tasks/task.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { selectCompetition } from '../models/competitions.ts';
import { selectOptionalUserEntry } from '../models/entries.ts';
import { listShakeUpRows } from '../models/leaderboard-entries.ts';
import { selectPhase } from '../models/phases.ts';
import { seesCompetition, type Viewer } from './access.ts';
import { shownSplits } from './competitions.ts';
import { primaryMetric, readTaskSpec } from './tasks.ts';

export interface ShakeUpRow {
  readonly entry_id: string;
  readonly name: Localized;
  readonly own: boolean;
  readonly public_rank: number;
  readonly private_rank: number;
  /** Places won from the public to the private board; negative: lost. */
  readonly change: number;
  /** Primary metric, as each board shows it. */
  readonly public_value: number | null;
  readonly private_value: number | null;
}

export interface ShakeUp {
  readonly public_split: string;
  readonly private_split: string;
  readonly metric: string;
  /** Entries that are ranked on both boards, best private rank first; 1,000 at most. */
  readonly rows: readonly ShakeUpRow[];
  /** How many there are. */
  readonly entries: number;
}

const MOST_ROWS = 1_000;

/** @throws AppError PHASE_NOT_FOUND, SPLIT_NOT_FOUND without a private split, SPLIT_NOT_REVEALED */
export async function readShakeUp(
  deps: Deps,
  input: { phase_id: string; viewer: Viewer | null },
): Promise<ShakeUp> {
  const { db } = deps;
  const { viewer } = input;
  const phase = await selectPhase(db, input.phase_id);
  const competition = await selectCompetition(db, phase.competition_id);
  if (!seesCompetition(viewer, competition)) throw new AppError('PHASE_NOT_FOUND');
  const { public_split, private_split } = phase;
  if (private_split === null) throw new AppError('SPLIT_NOT_FOUND');
  const { spec } = await readTaskSpec(deps, phase.task_version_id);
  const shown = shownSplits(phase, spec, viewer, deps.clock.now());
  if (!shown.includes(private_split) || !shown.includes(public_split)) {
    throw new AppError('SPLIT_NOT_REVEALED');
  }
  const own = viewer === null ? null : await selectOptionalUserEntry(db, competition.id, viewer.id);
  const rows = await listShakeUpRows(db, { phase_id: phase.id, public_split, private_split });
  return {
    public_split,
    private_split,
    metric: primaryMetric(spec),
    rows: rows.slice(0, MOST_ROWS).map(({ entry, ...row }) => ({
      entry_id: entry.id,
      name: entry.name,
      own: entry.id === own?.id,
      ...row,
      change: row.public_rank - row.private_rank,
    })),
    entries: rows.length,
  };
}
