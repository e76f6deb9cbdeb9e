import type { Selectable } from 'kysely';
import { z } from 'zod';

import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';
import { AppError } from '../errors.ts';
import { LocalizedSchema, parseJson } from '../lib/json.ts';

const DisplayRule = z.enum(['best', 'latest', 'chosen']);
const RevealRule = z.enum(['at-end', 'by-organizer']);

export const RankingRuleSchema = z.strictObject({
  method: z.enum(['primary', 'mean-of-ranks']),
  /** For `mean-of-ranks`: which ones; absent: every metric of the task. */
  metrics: z.array(z.string()).min(1).optional(),
  /** Names of metrics, in their order. */
  tie_breakers: z.array(z.string()).default([]),
  /** Whether the earlier of equal entries stands before the later one; else they share a rank. */
  earlier_first: z.boolean().default(false),
});

/** How entries are ordered. */
export type PhaseRanking = z.output<typeof RankingRuleSchema>;

const Step = z.number().positive();

export const ReleaseRuleSchema = z.discriminatedUnion('rule', [
  z.strictObject({ rule: z.literal('full') }),
  z.strictObject({
    rule: z.literal('rounded'),
    /** Metric to the step that its scores are rounded to, in its own unit; absent: the default step. */
    steps: z.record(z.string(), Step).default({}),
  }),
  z.strictObject({
    rule: z.literal('ladder'),
    /** What a better score has to gain before it is shown, and the step it is rounded to; absent: the default step. */
    eta: Step.optional(),
  }),
  z.strictObject({ rule: z.literal('ladder-free') }),
]);

/** How much of a public score participants see. */
export type ReleaseRule = z.output<typeof ReleaseRuleSchema>;

export interface Phase {
  readonly id: string;
  readonly competition_id: string;
  readonly slug: string;
  readonly title: { readonly en: string; readonly es: string };
  readonly position: number;
  readonly task_version_id: string;
  readonly public_split: string;
  readonly private_split: string | null;
  /** Which submission of an entry the board shows. */
  readonly display_rule: z.output<typeof DisplayRule>;
  /** Submissions per entry and UTC day. */
  readonly daily_limit: number;
  /** Submissions per entry in the whole phase; null: no limit. */
  readonly total_limit: number | null;
  /** Evaluations of an entry that may wait or run at a time; null: no limit. */
  readonly concurrent_limit: number | null;
  readonly starts_at: string;
  readonly ends_at: string | null;
  /** IANA name: how the times of the phase are entered and shown. */
  readonly time_zone: string;
  /** Whether private scores may be read once the phase has ended, or once an organizer says so. */
  readonly reveal_rule: z.output<typeof RevealRule>;
  /** When private scores may be read, whatever the rule; null: as the rule says. */
  readonly revealed_at: string | null;
  readonly board_version: number;
  readonly ranking: PhaseRanking;
  /** Null: `full` where the detail of the public split is full, else the default rule. */
  readonly release: ReleaseRule | null;
}

export const DEFAULT_RANKING: PhaseRanking = {
  method: 'primary',
  tie_breakers: [],
  earlier_first: false,
};

/** Of a phase for which nobody said otherwise. */
export const DEFAULT_LIMITS = {
  total_limit: null,
  concurrent_limit: null,
  time_zone: 'UTC',
  reveal_rule: 'at-end',
} as const satisfies Partial<Phase>;

type PhaseRow = Selectable<Database['phases']>;

function parse({
  title_json,
  display_rule,
  reveal_rule,
  ranking_json,
  release_json,
  ...row
}: PhaseRow): Phase {
  return {
    ...row,
    title: parseJson(LocalizedSchema, title_json),
    display_rule: DisplayRule.parse(display_rule),
    reveal_rule: RevealRule.parse(reveal_rule),
    ranking: ranking_json === null ? DEFAULT_RANKING : parseJson(RankingRuleSchema, ranking_json),
    release: release_json === null ? null : parseJson(ReleaseRuleSchema, release_json),
  };
}

export async function insertPhase(db: Db, phase: Phase): Promise<void> {
  const { title, ranking, release, ...columns } = phase;
  await db
    .insertInto('phases')
    .values({ ...columns, ...rulesJson({ ranking, release }), title_json: JSON.stringify(title) })
    .execute();
}

function rulesJson({ ranking, release }: Pick<Phase, 'ranking' | 'release'>) {
  return {
    ranking_json: JSON.stringify(ranking),
    release_json: release === null ? null : JSON.stringify(release),
  };
}

/** Rules that decide the order of a board and what of it is shown. */
export async function updatePhaseRules(
  db: Db,
  phase: Pick<Phase, 'id' | 'display_rule' | 'ranking' | 'release'>,
): Promise<void> {
  await db
    .updateTable('phases')
    .set({ display_rule: phase.display_rule, ...rulesJson(phase) })
    .where('id', '=', phase.id)
    .execute();
}

/** What organizers may edit besides the rules of the board. */
export async function updatePhase(
  db: Db,
  phase: Pick<
    Phase,
    | 'id'
    | 'slug'
    | 'title'
    | 'position'
    | 'task_version_id'
    | 'public_split'
    | 'private_split'
    | 'daily_limit'
    | 'total_limit'
    | 'concurrent_limit'
    | 'starts_at'
    | 'ends_at'
    | 'time_zone'
    | 'reveal_rule'
  >,
): Promise<void> {
  const { id, title, ...columns } = phase;
  await db
    .updateTable('phases')
    .set({ ...columns, title_json: JSON.stringify(title) })
    .where('id', '=', id)
    .execute();
}

export async function updatePhaseEnd(db: Db, id: string, endsAt: string): Promise<void> {
  await db.updateTable('phases').set({ ends_at: endsAt }).where('id', '=', id).execute();
}

export async function updatePhaseRevealed(db: Db, id: string, revealedAt: string): Promise<void> {
  await db.updateTable('phases').set({ revealed_at: revealedAt }).where('id', '=', id).execute();
}

/** @throws AppError PHASE_NOT_FOUND */
export async function selectPhase(db: Db, id: string): Promise<Phase> {
  const row = await db.selectFrom('phases').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw new AppError('PHASE_NOT_FOUND', { detail: id });
  return parse(row);
}

/** In their order. */
export async function listPhases(db: Db, competitionId: string): Promise<Phase[]> {
  const rows = await db
    .selectFrom('phases')
    .selectAll()
    .where('competition_id', '=', competitionId)
    .orderBy('position')
    .orderBy('id')
    .execute();
  return rows.map(parse);
}

/** For submissions that come from now on. */
export async function updatePhaseTaskVersion(
  db: Db,
  id: string,
  taskVersionId: string,
): Promise<void> {
  await db
    .updateTable('phases')
    .set({ task_version_id: taskVersionId })
    .where('id', '=', id)
    .execute();
}

/** Board version by phase. */
export async function listBoardVersions(
  db: Db,
  ids: readonly string[],
): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('phases')
    .select(['id', 'board_version'])
    .where('id', 'in', ids)
    .execute();
  return new Map(rows.map(({ id, board_version }) => [id, board_version]));
}

/** Tells readers that a board of the phase has changed. */
export async function updateBoardVersion(db: Db, id: string): Promise<void> {
  await db
    .updateTable('phases')
    .set((eb) => ({ board_version: eb('board_version', '+', 1) }))
    .where('id', '=', id)
    .execute();
}

/**
 * The phase as it is now, which nobody else changes before the transaction ends.
 *
 * @throws AppError PHASE_NOT_FOUND
 */
export async function lockPhase(trx: Db, id: string): Promise<Phase> {
  const row = await trx
    .updateTable('phases')
    .set((eb) => ({ board_version: eb.ref('board_version') }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) throw new AppError('PHASE_NOT_FOUND', { detail: id });
  return parse(row);
}
