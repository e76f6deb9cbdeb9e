/** A board as a table of text: every row, and only what its page shows to everybody. */
import { localized, type Language } from '../../views/language.ts';
import { csvLine } from '../lib/csv.ts';
import type { Board, BoardRow } from '../services/leaderboards.ts';

/** Records by RFC 4180, the header first. Scores are in the metric's own unit, as in the API. */
export function boardCsv(language: Language, board: Board): string {
  const metrics = board.metrics.map(({ name }) => name);
  const header = [
    ...['rank', 'kind', 'name'],
    ...metrics.flatMap((name) => [name, `${name}_low`, `${name}_high`]),
    ...['mean_rank', 'tie_group', 'rank_best', 'rank_worst', 'submissions', 'submitted_at'],
    ...['source', 'disqualified_at', 'disqualified_reason'],
  ];
  const line = (row: BoardRow) =>
    csvLine([
      row.rank,
      row.kind,
      localized(language, row.name),
      ...metrics.flatMap((name) => {
        const score = row.scores[name];
        return [score?.value ?? null, score?.interval?.low ?? null, score?.interval?.high ?? null];
      }),
      row.mean_rank,
      row.tie_group,
      row.rank_interval?.best ?? null,
      row.rank_interval?.worst ?? null,
      row.submissions,
      row.submitted_at,
      row.source,
      row.disqualified?.at ?? null,
      row.disqualified?.reason ?? null,
    ]);
  return [csvLine(header), ...[...board.rows, ...board.disqualified].map(line)].join('');
}
