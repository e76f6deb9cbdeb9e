import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';
import { LocalizedSchema, parseJson } from '../lib/json.ts';

interface Localized {
  readonly en: string;
  readonly es: string;
}

/** Markdown of the organizers. The page `overview` leads, without its title; the others follow in their order. */
export interface CompetitionPageRow {
  readonly id: string;
  readonly competition_id: string;
  readonly slug: string;
  readonly position: number;
  readonly title: Localized;
  /** Markdown. */
  readonly body: Localized;
  readonly updated_at: string;
}

function parse({
  title_json,
  body_json,
  ...row
}: Database['competition_pages']): CompetitionPageRow {
  return {
    ...row,
    title: parseJson(LocalizedSchema, title_json),
    body: parseJson(LocalizedSchema, body_json),
  };
}

/** Inserts, or brings the page of that slug up to date; its id stays. */
export async function upsertCompetitionPage(db: Db, page: CompetitionPageRow): Promise<void> {
  const { title, body, ...columns } = page;
  const json = { title_json: JSON.stringify(title), body_json: JSON.stringify(body) };
  await db
    .insertInto('competition_pages')
    .values({ ...columns, ...json })
    .onConflict((oc) =>
      oc
        .columns(['competition_id', 'slug'])
        .doUpdateSet({ ...json, position: page.position, updated_at: page.updated_at }),
    )
    .execute();
}

/** In their order. */
export async function listCompetitionPages(
  db: Db,
  competitionId: string,
): Promise<CompetitionPageRow[]> {
  const rows = await db
    .selectFrom('competition_pages')
    .selectAll()
    .where('competition_id', '=', competitionId)
    .orderBy('position')
    .orderBy('id')
    .execute();
  return rows.map(parse);
}

/** @returns whether it was there. */
export async function deleteCompetitionPage(
  db: Db,
  page: Pick<CompetitionPageRow, 'competition_id' | 'slug'>,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('competition_pages')
    .where('competition_id', '=', page.competition_id)
    .where('slug', '=', page.slug)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}
