import { bytes } from '../../views/helpers.ts';
import {
  formatNumber,
  isMessageKey,
  translate,
  translateCount,
  type Language,
  type MessageKey,
} from '../../views/language.ts';
import type { ListedEvaluation } from '../models/evaluations.ts';
import type { SiteState } from '../services/admin.ts';

interface CheckRow {
  readonly name: string;
  readonly status: 'succeeded' | 'failed';
  readonly status_text: string;
  /** English: the words of `certamen doctor`. */
  readonly detail: string;
  readonly fix: string;
}

interface EvaluationRow {
  readonly entry: string;
  readonly competition: string;
  readonly href: string;
  readonly status: ListedEvaluation['status'];
  readonly status_text: string;
  /** Which attempt, or why it failed. */
  readonly detail: string | null;
  readonly at: string;
}

export interface AdminPage {
  readonly counts: readonly { readonly label: string; readonly count: string }[];
  readonly queue: {
    readonly paused: boolean;
    /** Null where no task waits to be checked. */
    readonly imports_text: string | null;
    readonly unfinished: readonly EvaluationRow[];
    readonly failures: readonly EvaluationRow[];
  };
  readonly workers: readonly {
    readonly name: string;
    readonly level: string;
    readonly level_meaning: string;
    readonly notes: readonly string[];
    readonly started_at: string;
    readonly seen_at: string;
    /** How many of the checks hold; null where no self-test was made. */
    readonly checks_text: string | null;
    readonly checks: readonly CheckRow[];
  }[];
  readonly storage: readonly { readonly label: string; readonly value: string }[];
  readonly key_id: string;
}

export function presentAdmin(language: Language, state: SiteState): AdminPage {
  const t = (key: MessageKey, params: Record<string, string | number> = {}) =>
    translate(language, key, params);
  const counts = ['queued', 'running', 'succeeded', 'failed', 'failed_by_us'] as const;
  return {
    counts: counts.map((name) => ({
      label: t(`admin.${name}`),
      count: formatNumber(language, state.evaluations[name]),
    })),
    queue: {
      paused: state.queue.paused,
      imports_text:
        state.imports === 0 ? null : translateCount(language, 'admin.imports', state.imports),
      unfinished: state.queue.unfinished.map((row) => presentEvaluation(language, row)),
      failures: state.queue.failures.map((row) => presentEvaluation(language, row)),
    },
    workers: state.workers.map(({ pid, started_at, seen_at, isolation }) => {
      const { level, notes, checks } = isolation;
      const held = checks?.filter(({ holds }) => holds).length ?? 0;
      return {
        name: t('admin.worker', { pid: String(pid) }),
        level: t(`isolation.${level}`),
        level_meaning: t(`isolation.${level}.meaning`),
        notes,
        started_at,
        seen_at,
        checks_text: checks === null ? null : t('admin.checks_held', { held, all: checks.length }),
        checks: (checks ?? []).map(({ name, holds, detail, fix }) => ({
          name: checkName(language, name),
          status: holds ? ('succeeded' as const) : ('failed' as const),
          status_text: t(holds ? 'admin.holds' : 'admin.open'),
          detail,
          fix,
        })),
      };
    }),
    storage: [
      {
        label: t('admin.storage_submissions'),
        value: formatNumber(language, state.storage.submissions),
      },
      { label: t('admin.storage_used'), value: bytes(language, state.storage.bytes) },
      ...(state.storage.free_bytes === null
        ? []
        : [{ label: t('admin.storage_free'), value: bytes(language, state.storage.free_bytes) }]),
    ],
    key_id: state.key_id,
  };
}

function presentEvaluation(language: Language, row: ListedEvaluation): EvaluationRow {
  const { attempt, failure, status } = row;
  return {
    entry: row.entry_name,
    competition: row.competition_slug,
    href: `/submissions/${row.submission_id}`,
    status,
    status_text: translate(language, `submission.state.${status}`),
    detail:
      failure !== null
        ? `${failure.code} (${failure.reason})`
        : attempt > 1
          ? translate(language, 'submission.attempt', { attempt })
          : null,
    at: row.finished_at ?? row.queued_at,
  };
}

function checkName(language: Language, name: string): string {
  const key = `check.${name}`;
  return isMessageKey(key) ? translate(language, key) : name;
}
