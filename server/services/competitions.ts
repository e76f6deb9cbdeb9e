import type { Localized, TaskSpec } from '../../tasks/task.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { timestamp } from '../lib/clock.ts';
import { newId } from '../lib/ids.ts';
import {
  insertCompetition,
  listPublicCompetitions,
  selectOptionalCompetitionBySlug,
  type Competition,
} from '../models/competitions.ts';
import {
  DEFAULT_LIMITS,
  DEFAULT_RANKING,
  insertPhase,
  listPhases,
  type Phase,
  type PhaseRanking,
  type ReleaseRule,
} from '../models/phases.ts';
import {
  audits,
  isOrganizer,
  isRevealed,
  revealTime,
  seesCompetition,
  type Viewer,
} from './access.ts';
import { recordAudit } from './audit.ts';
import { releaseRule } from './disclosure.ts';
import { primaryMetric, readTaskSpec } from './tasks.ts';

export interface PhaseView {
  readonly id: string;
  readonly slug: string;
  readonly title: Localized;
  readonly position: number;
  readonly task_version_id: string;
  readonly task: TaskSpec;
  /** Hex SHA-256 of the task's content. */
  readonly task_version: string;
  readonly public_split: string;
  readonly private_split: string | null;
  /** Splits whose board this viewer may read now, public first. */
  readonly shown_splits: readonly string[];
  readonly primary_metric: string;
  readonly display_rule: Phase['display_rule'];
  readonly ranking: PhaseRanking;
  /** How much of a score of the public split participants see: never null here. */
  readonly release: ReleaseRule;
  readonly daily_limit: number;
  readonly total_limit: number | null;
  readonly concurrent_limit: number | null;
  readonly starts_at: string;
  readonly ends_at: string | null;
  readonly time_zone: string;
  readonly reveal_rule: Phase['reveal_rule'];
  readonly revealed: boolean;
  /** From when on everybody may read the private scores; null while nobody knows. */
  readonly reveals_at: string | null;
  readonly state: 'upcoming' | 'open' | 'closed';
  readonly board_version: number;
}

export interface CompetitionItem {
  readonly id: string;
  readonly slug: string;
  readonly title: Localized;
  readonly summary: Localized;
  readonly created_at: string;
}

export interface CompetitionView extends CompetitionItem {
  readonly phases: readonly PhaseView[];
  readonly viewer_is_organizer: boolean;
  /** Organizers and instructors. */
  readonly viewer_audits: boolean;
}

/** Public ones, oldest first. */
export async function listCompetitions(deps: Deps): Promise<CompetitionItem[]> {
  return (await listPublicCompetitions(deps.db)).map(toItem);
}

/** @throws AppError COMPETITION_NOT_FOUND, also for a draft that the viewer neither organizes nor audits. */
export async function findCompetition(
  deps: Deps,
  input: { slug: string; viewer: Viewer | null },
): Promise<CompetitionView> {
  const competition = await selectOptionalCompetitionBySlug(deps.db, input.slug);
  if (competition === null) throw new AppError('COMPETITION_NOT_FOUND');
  if (!seesCompetition(input.viewer, competition)) throw new AppError('COMPETITION_NOT_FOUND');
  const viewer_is_organizer = isOrganizer(input.viewer, competition.id);
  const phases: PhaseView[] = [];
  for (const phase of await listPhases(deps.db, competition.id)) {
    phases.push(await toPhaseView(deps, phase, input.viewer));
  }
  const viewer_audits = audits(input.viewer, competition.id);
  return { ...toItem(competition), phases, viewer_is_organizer, viewer_audits };
}

/** Creates the competition unless its slug is taken. @returns the id of the one with that slug. */
export async function ensureCompetition(
  deps: Deps,
  competition: Pick<Competition, 'slug' | 'title' | 'summary' | 'state'>,
): Promise<string> {
  return deps.db.transaction().execute(async (trx) => {
    const known = await selectOptionalCompetitionBySlug(trx, competition.slug);
    if (known !== null) return known.id;
    const id = newId();
    await insertCompetition(trx, { ...competition, id, created_at: timestamp(deps.clock) });
    await recordAudit(deps, trx, {
      actor_id: null,
      action: 'competition.created',
      subject: 'competition',
      subject_id: id,
      detail: { slug: competition.slug },
    });
    return id;
  });
}

/** Creates the phase unless its slug is taken in the competition. @returns the id of the one with that slug. */
export async function ensurePhase(
  deps: Deps,
  phase: Omit<Phase, 'id' | 'board_version' | 'ranking' | 'release' | keyof typeof DEFAULT_LIMITS> &
    Partial<Pick<Phase, 'ranking' | 'release' | keyof typeof DEFAULT_LIMITS>>,
): Promise<string> {
  return deps.db.transaction().execute(async (trx) => {
    const phases = await listPhases(trx, phase.competition_id);
    const known = phases.find(({ slug }) => slug === phase.slug);
    if (known !== undefined) return known.id;
    const id = newId();
    await insertPhase(trx, {
      ranking: DEFAULT_RANKING,
      release: null,
      ...DEFAULT_LIMITS,
      ...phase,
      id,
      board_version: 0,
    });
    await recordAudit(deps, trx, {
      actor_id: null,
      action: 'phase.created',
      subject: 'phase',
      subject_id: id,
      detail: { slug: phase.slug },
    });
    return id;
  });
}

/** The named phase; without a name the open one, else the last. @throws AppError PHASE_NOT_FOUND */
export function choosePhase(competition: CompetitionView, slug: string | undefined): PhaseView {
  const { phases } = competition;
  const phase =
    slug === undefined
      ? (phases.find(({ state }) => state === 'open') ?? phases.at(-1))
      : phases.find((candidate) => candidate.slug === slug);
  if (phase === undefined) throw new AppError('PHASE_NOT_FOUND');
  return phase;
}

/** The splits whose scores a viewer may read: default deny. Public first. */
export function shownSplits(
  phase: Phase,
  spec: TaskSpec,
  viewer: Viewer | null,
  now: Date,
): string[] {
  const everything = isOrganizer(viewer, phase.competition_id) || isRevealed(phase, now);
  const splits: string[] = [];
  if (everything || spec.splits[phase.public_split]?.shown === 'at-once') {
    splits.push(phase.public_split);
  }
  if (everything && phase.private_split !== null) splits.push(phase.private_split);
  return splits;
}

export function phaseState(phase: Phase, now: Date): PhaseView['state'] {
  if (Date.parse(phase.starts_at) > now.getTime()) return 'upcoming';
  if (phase.ends_at !== null && Date.parse(phase.ends_at) <= now.getTime()) return 'closed';
  return 'open';
}

function toItem({ id, slug, title, summary, created_at }: Competition): CompetitionItem {
  return { id, slug, title, summary, created_at };
}

async function toPhaseView(deps: Deps, phase: Phase, viewer: Viewer | null): Promise<PhaseView> {
  const { spec, version } = await readTaskSpec(deps, phase.task_version_id);
  const now = deps.clock.now();
  return {
    id: phase.id,
    slug: phase.slug,
    title: phase.title,
    position: phase.position,
    task_version_id: phase.task_version_id,
    task: spec,
    task_version: version,
    public_split: phase.public_split,
    private_split: phase.private_split,
    shown_splits: shownSplits(phase, spec, viewer, now),
    primary_metric: primaryMetric(spec),
    display_rule: phase.display_rule,
    ranking: phase.ranking,
    release: releaseRule(phase, spec),
    daily_limit: phase.daily_limit,
    total_limit: phase.total_limit,
    concurrent_limit: phase.concurrent_limit,
    starts_at: phase.starts_at,
    ends_at: phase.ends_at,
    time_zone: phase.time_zone,
    reveal_rule: phase.reveal_rule,
    revealed: isRevealed(phase, now),
    reveals_at: revealTime(phase),
    state: phaseState(phase, now),
    board_version: phase.board_version,
  };
}
