import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';
import { AppError } from '../errors.ts';
import { LocalizedSchema, parseJson } from '../lib/json.ts';

interface Localized {
  readonly en: string;
  readonly es: string;
}

export interface Competition {
  readonly id: string;
  readonly slug: string;
  readonly title: Localized;
  readonly summary: Localized;
  /** `public`, or `draft`: seen by its organizers only. */
  readonly state: string;
  readonly created_at: string;
}

function parse({ title_json, summary_json, ...row }: Database['competitions']): Competition {
  return {
    ...row,
    title: parseJson(LocalizedSchema, title_json),
    summary: parseJson(LocalizedSchema, summary_json),
  };
}

export async function insertCompetition(db: Db, competition: Competition): Promise<void> {
  const { title, summary, ...columns } = competition;
  await db
    .insertInto('competitions')
    .values({
      ...columns,
      title_json: JSON.stringify(title),
      summary_json: JSON.stringify(summary),
    })
    .execute();
}

export async function listPublicCompetitions(db: Db): Promise<Competition[]> {
  const rows = await db
    .selectFrom('competitions')
    .selectAll()
    .where('state', '=', 'public')
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(parse);
}

/** Drafts too. */
export async function listCompetitionRows(db: Db): Promise<Competition[]> {
  const rows = await db
    .selectFrom('competitions')
    .selectAll()
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(parse);
}

export async function selectOptionalCompetitionBySlug(
  db: Db,
  slug: string,
): Promise<Competition | null> {
  const row = await db
    .selectFrom('competitions')
    .selectAll()
    .where('slug', '=', slug)
    .executeTakeFirst();
  return row === undefined ? null : parse(row);
}

/** @throws AppError COMPETITION_NOT_FOUND */
export async function selectCompetition(db: Db, id: string): Promise<Competition> {
  const row = await db
    .selectFrom('competitions')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw new AppError('COMPETITION_NOT_FOUND', { detail: id });
  return parse(row);
}

export async function updateCompetition(
  db: Db,
  competition: Pick<Competition, 'id' | 'title' | 'summary'>,
): Promise<void> {
  await db
    .updateTable('competitions')
    .set({
      title_json: JSON.stringify(competition.title),
      summary_json: JSON.stringify(competition.summary),
    })
    .where('id', '=', competition.id)
    .execute();
}

/** @returns false when it was in that state already. */
export async function updateCompetitionState(db: Db, id: string, state: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('competitions')
    .set({ state })
    .where('id', '=', id)
    .where('state', '<>', state)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
