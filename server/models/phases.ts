import { z } from 'zod';

import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';
import { AppError } from '../errors.ts';
import { LocalizedSchema, parseJson } from '../lib/json.ts';

const DisplayRule = z.enum(['best', 'latest']);

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
  readonly starts_at: string;
  readonly ends_at: string | null;
  /** When private scores may be read; null: when the phase ends. */
  readonly revealed_at: string | null;
  readonly board_version: number;
}

function parse({ title_json, display_rule, ...row }: Database['phases']): Phase {
  return {
    ...row,
    title: parseJson(LocalizedSchema, title_json),
    display_rule: DisplayRule.parse(display_rule),
  };
}

export async function insertPhase(db: Db, phase: Phase): Promise<void> {
  const { title, ...columns } = phase;
  await db
    .insertInto('phases')
    .values({ ...columns, title_json: JSON.stringify(title) })
    .execute();
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

/** Tells readers that a board of the phase has changed. */
export async function updateBoardVersion(db: Db, id: string): Promise<void> {
  await db
    .updateTable('phases')
    .set((eb) => ({ board_version: eb('board_version', '+', 1) }))
    .where('id', '=', id)
    .execute();
}
