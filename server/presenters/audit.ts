import { bytes } from '../../views/helpers.ts';
import {
  localized,
  translate,
  translateCount,
  type Language,
  type MessageKey,
} from '../../views/language.ts';
import type { CsvCell } from '../lib/csv.ts';
import type { AuditPage, AuditRow, ExportedResult } from '../services/auditing.ts';
import type { ResultView } from '../services/results.ts';
import { presentPager } from './pager.ts';

const STATUSES = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;

interface Filters {
  readonly status: string | null;
  readonly entry: string | null;
  readonly search: string;
}

export function presentAudit(language: Language, data: AuditPage, filters: Filters) {
  const base = `/competitions/${data.competition.slug}`;
  const href = (page: number) => {
    const query = new URLSearchParams();
    if (filters.status !== null) query.set('status', filters.status);
    if (filters.entry !== null) query.set('entry', filters.entry);
    if (filters.search !== '') query.set('search', filters.search);
    if (page > 1) query.set('page', String(page));
    return `${base}/audit${query.size === 0 ? '' : `?${query.toString()}`}`;
  };
  const [first] = data.submissions;
  return {
    competition: localized(language, data.competition.title),
    competition_href: base,
    action: `${base}/audit`,
    csv_href: `${base}/audit/results.csv`,
    entry: filters.entry,
    search: filters.search,
    judge_href:
      filters.entry === null || !data.organizes || first?.user_name === null
        ? null
        : `/entries/${filters.entry}/disqualify`,
    of_entry:
      filters.entry === null || first === undefined
        ? null
        : translate(language, 'audit.of_entry', { name: first.entry_name }),
    total_text: translateCount(language, 'audit.total', data.total),
    statuses: [
      { value: '', label: translate(language, 'audit.any'), selected: filters.status === null },
      ...STATUSES.map((value) => ({
        value,
        label: statusText(language, value),
        selected: value === filters.status,
      })),
    ],
    rows: data.submissions.map((row) => ({
      href: `/submissions/${row.id}/audit`,
      sent_at: row.created_at,
      entry: row.entry_name,
      entry_href: `${base}/audit?entry=${encodeURIComponent(row.entry_id)}`,
      sender: row.user_name,
      email: row.user_email,
      phase: row.phase_slug,
      status: row.status,
      status_text: statusText(language, row.status),
      failure: row.failure_code,
      quota: translate(language, row.counts_quota ? 'audit.counted' : 'audit.free'),
      size: bytes(language, row.artifact_bytes),
    })),
    pages: presentPager(data, href),
  };
}

export function presentAuditTrail(
  language: Language,
  result: ResultView,
  trail: readonly AuditRow[],
) {
  const base = `/submissions/${result.submission_id}`;
  return {
    competition: localized(language, result.competition.title),
    all_href: `/competitions/${result.competition.slug}/audit`,
    result_href: base,
    entry: localized(language, result.entry.name),
    artifact_sha256: result.artifact_sha256,
    files: result.files.map((file, index) => ({
      name: file.name,
      href: `${base}/files/${String(index)}`,
      size: bytes(language, file.bytes),
      sha256: file.sha256,
    })),
    acts: trail.map(({ at, actor_name, action, detail }) => ({
      at,
      who: actor_name ?? translate(language, 'audit.platform'),
      action,
      detail: Object.entries(detail)
        .map(([name, value]) => `${name}: ${String(value)}`)
        .join(', '),
    })),
    events: result.trail.map(({ at, event }) => ({ at, event })),
  };
}

export const RESULT_HEADER = [
  ...['submission', 'sent_at', 'phase', 'entry', 'name', 'email', 'state', 'failure'],
  ...['counts_quota', 'artifact_sha256', 'note'],
] as const;

/** The cells of one row of the table of results; a score that is undefined is an empty cell. */
export function resultCells(
  { submission, scores }: ExportedResult,
  columns: readonly string[],
): CsvCell[] {
  return [
    submission.id,
    submission.created_at,
    submission.phase_slug,
    submission.entry_name,
    submission.user_name,
    submission.user_email,
    submission.status,
    submission.failure_code,
    submission.counts_quota ? 1 : 0,
    submission.artifact_sha256,
    submission.note,
    ...columns.map((column) => scores[column] ?? null),
  ];
}

function statusText(language: Language, status: (typeof STATUSES)[number]): string {
  return translate(language, `submission.state.${status}` satisfies MessageKey);
}
