import type { Interval } from '../../scoring/metric.ts';
import type { Localized } from '../../tasks/task.ts';
import type { Deps } from '../deps.ts';
import type { Viewer } from './access.ts';

export interface BoardScore {
  readonly value: number | null;
  readonly interval: Interval | null;
}

export interface BoardRow {
  /** Null for baselines, references and entries whose primary score is undefined. Ties share a rank. */
  readonly rank: number | null;
  readonly kind: 'entry' | 'baseline' | 'reference';
  readonly name: Localized;
  readonly scores: Readonly<Record<string, BoardScore>>;
  /** Null for references, as are the fields below. */
  readonly entry_id: string | null;
  readonly evaluation_id: string | null;
  readonly submission_id: string | null;
  readonly submissions: number | null;
  /** When the shown submission was sent, ISO-8601. */
  readonly submitted_at: string | null;
  /** For references and baselines. */
  readonly source: string | null;
  readonly note: Localized | null;
  /** The viewer's own entry. */
  readonly own: boolean;
}

export interface BoardMetric {
  readonly name: string;
  readonly primary: boolean;
  readonly higher_is_better: boolean;
}

export interface Board {
  readonly split: string;
  readonly metrics: readonly BoardMetric[];
  readonly rows: readonly BoardRow[];
  /** Pages of 100, from 1. */
  readonly page: number;
  readonly pages: number;
  /** Ranked entries in all. */
  readonly entries: number;
  readonly version: number;
  /** The viewer's row when it is on another page. */
  readonly own_row: BoardRow | null;
}

export const BOARD_PAGE_SIZE = 100;

/** @throws AppError PHASE_NOT_FOUND, SPLIT_NOT_FOUND, SPLIT_NOT_REVEALED */
export declare function readBoard(
  deps: Deps,
  input: {
    phase_id: string;
    split?: string | undefined;
    page?: number | undefined;
    viewer: Viewer | null;
  },
): Promise<Board>;
/** Grows whenever a board of the phase changes: the key of a page cache. */
export declare function readBoardVersion(deps: Deps, phaseId: string): Promise<number>;
