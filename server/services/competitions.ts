import type { Localized, TaskSpec } from '../../tasks/task.ts';
import type { Deps } from '../deps.ts';
import type { Viewer } from './access.ts';

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
  readonly display_rule: 'best' | 'latest';
  readonly daily_limit: number;
  readonly starts_at: string;
  readonly ends_at: string | null;
  readonly revealed: boolean;
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
}

/** Public ones, newest last. */
export declare function listCompetitions(deps: Deps): Promise<CompetitionItem[]>;
/** @throws AppError COMPETITION_NOT_FOUND */
export declare function findCompetition(
  deps: Deps,
  input: { slug: string; viewer: Viewer | null },
): Promise<CompetitionView>;
/** The named phase; without a name the open one, else the last. @throws AppError PHASE_NOT_FOUND */
export declare function choosePhase(
  competition: CompetitionView,
  slug: string | undefined,
): PhaseView;
