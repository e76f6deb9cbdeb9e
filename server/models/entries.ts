import type { Db } from '../db/connect.ts';
import type { Database } from '../db/schema.ts';
import { AppError } from '../errors.ts';
import { LocalizedSchema, parseJson } from '../lib/json.ts';

export interface Entry {
  readonly id: string;
  readonly competition_id: string;
  readonly kind: 'entry' | 'baseline';
  readonly user_id: string | null;
  /** Users have one name, baselines one per language. */
  readonly name: { readonly en: string; readonly es: string };
  readonly source: string | null;
  readonly created_at: string;
  /** Null: it takes part. */
  readonly disqualified_at: string | null;
  /** For everybody to read. */
  readonly disqualified_reason: string | null;
}

/** The entry of a row, which may have columns of other tables besides. */
export function parseEntry(row: Database['entries']): Entry {
  const { id, competition_id, user_id, name, names_json, source } = row;
  const { created_at, disqualified_at, disqualified_reason } = row;
  return {
    ...{ id, competition_id, user_id, source, created_at, disqualified_at, disqualified_reason },
    kind: row.kind === 'baseline' ? 'baseline' : 'entry',
    name: names_json === null ? { en: name, es: name } : parseJson(LocalizedSchema, names_json),
  };
}

/** The entry that the user takes part in, made on first use. @returns its id. */
export async function upsertUserEntry(
  db: Db,
  entry: { id: string; competition_id: string; user_id: string; name: string; created_at: string },
): Promise<string> {
  const own = await selectOptionalUserEntry(db, entry.competition_id, entry.user_id);
  if (own !== null) return own.id;
  const { id } = await db
    .insertInto('entries')
    .values({ ...entry, kind: 'entry', names_json: null, source: null })
    // An update that changes nothing, because only touched rows are returned.
    .onConflict((oc) =>
      oc.columns(['competition_id', 'user_id']).doUpdateSet({ user_id: entry.user_id }),
    )
    .returning('id')
    .executeTakeFirstOrThrow();
  await db
    .insertInto('team_members')
    .values({
      entry_id: id,
      competition_id: entry.competition_id,
      user_id: entry.user_id,
      joined_at: entry.created_at,
    })
    .onConflict((oc) => oc.columns(['competition_id', 'user_id']).doNothing())
    .execute();
  return id;
}

export async function updateEntryName(
  db: Db,
  { id, name }: Pick<Database['entries'], 'id' | 'name'>,
): Promise<void> {
  await db.updateTable('entries').set({ name }).where('id', '=', id).execute();
}

/** The member who stands for an entry after its founder has left. */
export async function updateEntryUser(
  db: Db,
  { id, user_id }: { id: string; user_id: string },
): Promise<void> {
  await db.updateTable('entries').set({ user_id }).where('id', '=', id).execute();
}

/** Of an entry that never submitted and that nobody is in. */
export async function deleteEntry(db: Db, id: string): Promise<void> {
  await db.deleteFrom('entries').where('id', '=', id).execute();
}

export async function insertBaselineEntry(
  db: Db,
  entry: {
    id: string;
    competition_id: string;
    name: { en: string; es: string };
    source: string;
    created_at: string;
  },
): Promise<void> {
  const { name, ...columns } = entry;
  await db
    .insertInto('entries')
    .values({
      ...columns,
      kind: 'baseline',
      user_id: null,
      name: name.en,
      names_json: JSON.stringify(name),
    })
    .execute();
}

/** @throws AppError ENTRY_NOT_FOUND */
export async function selectEntry(db: Db, id: string): Promise<Entry> {
  const entry = await selectOptionalEntry(db, id);
  if (entry === null) throw new AppError('ENTRY_NOT_FOUND', { detail: id });
  return entry;
}

export async function selectOptionalEntry(db: Db, id: string): Promise<Entry | null> {
  const row = await db.selectFrom('entries').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : parseEntry(row);
}

export async function listEntries(db: Db, ids: readonly string[]): Promise<Entry[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom('entries').selectAll().where('id', 'in', ids).execute();
  return rows.map(parseEntry);
}

/** The entry that the user takes part in, alone or in a team. */
export async function selectOptionalUserEntry(
  db: Db,
  competitionId: string,
  userId: string,
): Promise<Entry | null> {
  const row = await db
    .selectFrom('entries')
    .innerJoin('team_members', 'team_members.entry_id', 'entries.id')
    .selectAll('entries')
    .where('team_members.competition_id', '=', competitionId)
    .where('team_members.user_id', '=', userId)
    .executeTakeFirst();
  return row === undefined ? null : parseEntry(row);
}

export async function listBaselineEntries(db: Db, competitionId: string): Promise<Entry[]> {
  const rows = await db
    .selectFrom('entries')
    .selectAll()
    .where('competition_id', '=', competitionId)
    .where('kind', '=', 'baseline')
    .orderBy('id')
    .execute();
  return rows.map(parseEntry);
}

/** Those of them that something was submitted for in the phase. */
export async function listPhaseBaselines(db: Db, phaseId: string): Promise<Entry[]> {
  const rows = await db
    .selectFrom('entries')
    .selectAll('entries')
    .where('kind', '=', 'baseline')
    .where(
      'id',
      'in',
      db.selectFrom('submissions').select('entry_id').where('phase_id', '=', phaseId),
    )
    .orderBy('id')
    .execute();
  return rows.map(parseEntry);
}

/** Takes an entry out of the ranking, or back in (nulls). */
export async function updateEntryDisqualified(
  db: Db,
  entry: Pick<Entry, 'id' | 'disqualified_at' | 'disqualified_reason'>,
): Promise<void> {
  const { id, ...columns } = entry;
  await db.updateTable('entries').set(columns).where('id', '=', id).execute();
}
