import { z } from 'zod';

import type { Db } from '../db/connect.ts';
import { LocalizedSchema, parseJson } from '../lib/json.ts';

export interface ReferenceRow {
  readonly id: string;
  readonly phase_id: string;
  readonly position: number;
  readonly name: string;
  readonly source: string;
  readonly note: { readonly en: string; readonly es: string } | null;
  /** Metric name to published value, in the metric's own unit. */
  readonly scores: Readonly<Record<string, number>>;
  /** Split to position on its board. */
  readonly places: Readonly<Record<string, number>>;
}

const Scores = z.record(z.string(), z.number());

/** Inserts or brings up to date by (phase, name). */
export async function upsertReferenceRow(db: Db, row: Omit<ReferenceRow, 'places'>): Promise<void> {
  const { note, scores, ...columns } = row;
  const json = {
    note_json: note === null ? null : JSON.stringify(note),
    scores_json: JSON.stringify(scores),
  };
  await db
    .insertInto('reference_rows')
    .values({ ...columns, ...json })
    .onConflict((oc) =>
      oc
        .columns(['phase_id', 'name'])
        .doUpdateSet({ ...json, source: row.source, position: row.position }),
    )
    .execute();
}

export async function listReferenceRows(db: Db, phaseId: string): Promise<ReferenceRow[]> {
  const rows = await db
    .selectFrom('reference_rows')
    .selectAll()
    .where('phase_id', '=', phaseId)
    .orderBy('position')
    .execute();
  return rows.map(({ note_json, scores_json, places_json, ...row }) => ({
    ...row,
    places: parseJson(Scores, places_json),
    note: note_json === null ? null : parseJson(LocalizedSchema, note_json),
    scores: parseJson(Scores, scores_json),
  }));
}

export async function updateReferencePlaces(
  db: Db,
  row: Pick<ReferenceRow, 'id' | 'places'>,
): Promise<void> {
  await db
    .updateTable('reference_rows')
    .set({ places_json: JSON.stringify(row.places) })
    .where('id', '=', row.id)
    .execute();
}
