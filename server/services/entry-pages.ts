/** One entry as others see it, and as its own team does. */
import type { Interval } from '../../scoring/metric.ts';
import { getMetric } from '../../scoring/registry.ts';
import type { Localized } from '../../tasks/task.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { selectOptionalEntry } from '../models/entries.ts';
import { countBoardEntries, listBoardEntries } from '../models/leaderboard-entries.ts';
import { listEntryScores, listScores } from '../models/scores.ts';
import { isTeamMember, listTeamMembers } from '../models/team-members.ts';
import { audits, isOrganizer, isRevealed, type Viewer } from './access.ts';
import { isReleasedByRule } from './disclosure.ts';
import { selectShownBoard } from './leaderboards.ts';
import { readInformationSpent, shownScore, type InformationSpent } from './releases.ts';
import { primaryMetric } from './tasks.ts';

export interface EntryScore {
  readonly submitted_at: string;
  readonly metric: string;
  readonly value: number | null;
  readonly interval: Interval | null;
  /** It stands on the board. */
  readonly on_board: boolean;
  /** Null for those who may not open it. */
  readonly submission_id: string | null;
}

export interface EntryView {
  readonly id: string;
  readonly kind: 'entry' | 'baseline';
  readonly name: Localized;
  readonly source: string | null;
  readonly members: readonly { readonly name: string; readonly own: boolean }[];
  readonly own: boolean;
  readonly split: string;
  readonly primary_metric: string;
  readonly higher_is_better: boolean;
  /** Null: without a place on this board. */
  readonly rank: number | null;
  readonly of: number;
  readonly rank_interval: { readonly best: number; readonly worst: number } | null;
  readonly disqualified: { readonly at: string; readonly reason: string } | null;
  /** Of the submission on the board, in every metric. */
  readonly scores: readonly {
    readonly metric: string;
    readonly value: number | null;
    readonly interval: Interval | null;
  }[];
  readonly submissions: number | null;
  /** In the primary metric, newest first: all for the team, else the one on the board. */
  readonly history: readonly EntryScore[];
  /** Whether `history` is all of it. */
  readonly sees_all: boolean;
  /** For the team and the organizers. */
  readonly meter: InformationSpent | null;
  /** Whether it can be compared with others here. */
  readonly comparable: boolean;
}

/**
 * @throws AppError ENTRY_NOT_FOUND for one that has no place on the board and is not the viewer's to see, or
 *   of another competition; as `selectShownBoard`.
 */
export async function readEntry(
  deps: Deps,
  input: { entry_id: string; phase_id: string; split?: string | undefined; viewer: Viewer | null },
): Promise<EntryView> {
  const { db } = deps;
  const { viewer } = input;
  const { phase, competition, spec, split } = await selectShownBoard(deps, input);
  const entry = await selectOptionalEntry(db, input.entry_id);
  if (entry?.competition_id !== competition.id) throw new AppError('ENTRY_NOT_FOUND');
  const board = { phase_id: phase.id, split };
  const [place] = await listBoardEntries(db, board, { entry_id: entry.id });
  const own = viewer !== null && (await isTeamMember(db, entry.id, viewer.id));
  const seesAll = own || audits(viewer, competition.id);
  if (place === undefined && !seesAll) throw new AppError('ENTRY_NOT_FOUND');

  const metric = primaryMetric(spec);
  const history = (await listEntryScores(db, { ...board, entry_id: entry.id, metric }))
    .filter((row) => seesAll || row.evaluation_id === place?.evaluation_id)
    .map((row) => ({
      submitted_at: row.submitted_at,
      metric,
      ...shownScore(phase, spec, row),
      on_board: row.evaluation_id === place?.evaluation_id,
      submission_id: seesAll || entry.kind === 'baseline' ? row.submission_id : null,
    }))
    .toReversed();
  const scores =
    place === undefined
      ? []
      : await listScores(db, { evaluation_ids: [place.evaluation_id], splits: [split] });
  const byMetric = new Map(scores.map((row) => [row.metric, shownScore(phase, spec, row)]));
  const seesMeter = entry.kind === 'entry' && (own || isOrganizer(viewer, competition.id));
  const spent = seesMeter
    ? await readInformationSpent(deps, { phase_id: phase.id, entry_id: entry.id, viewer })
    : null;
  const members = await listTeamMembers(db, entry.id);
  return {
    id: entry.id,
    kind: entry.kind,
    name: entry.name,
    source: entry.source,
    members: members.map(({ name, user_id }) => ({ name, own: user_id === viewer?.id })),
    own,
    split,
    primary_metric: metric,
    higher_is_better: getMetric(metric).higherIsBetter,
    rank: place?.rank ?? null,
    of: (await countBoardEntries(db, board)).ranked,
    rank_interval:
      place === undefined || place.rank_low === null || place.rank_high === null
        ? null
        : { best: place.rank_low, worst: place.rank_high },
    disqualified:
      entry.disqualified_at === null
        ? null
        : { at: entry.disqualified_at, reason: entry.disqualified_reason ?? '' },
    scores: spec.metrics.flatMap(({ name }) => {
      const score = byMetric.get(name);
      return score === undefined ? [] : { metric: name, ...score };
    }),
    submissions: place?.submissions ?? null,
    history,
    sees_all: seesAll,
    meter: spent === null || spent.answers === 0 ? null : spent,
    comparable:
      place !== undefined &&
      (!isReleasedByRule(phase, spec, split) ||
        isRevealed(phase, deps.clock.now()) ||
        isOrganizer(viewer, competition.id)),
  };
}
