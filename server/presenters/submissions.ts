import { list } from '../../views/helpers.ts';
import { localized, translate, type Language } from '../../views/language.ts';
import type { CompetitionView } from '../services/competitions.ts';
import type { SubmissionItem } from '../services/submissions.ts';
import { figure, type Figure } from './metrics.ts';

export interface OwnSubmissionRow {
  readonly href: string;
  readonly sent_at: string;
  readonly competition: string;
  readonly competition_href: string;
  readonly files: string;
  readonly status: SubmissionItem['status'];
  readonly status_text: string;
  readonly score: Figure | null;
  readonly note: string;
}

export function presentOwnSubmission(
  language: Language,
  competition: CompetitionView,
  item: SubmissionItem,
): OwnSubmissionRow {
  const phase = competition.phases.find(({ id }) => id === item.phase_id);
  const scored = item.status === 'succeeded' && phase !== undefined;
  return {
    href: `/submissions/${item.id}`,
    sent_at: item.created_at,
    competition: localized(language, competition.title),
    competition_href: `/competitions/${competition.slug}`,
    files: list(
      language,
      item.files.map(({ name }) => name),
    ),
    status: item.status,
    status_text: translate(language, `submission.state.${item.status}`),
    score: scored ? figure(language, phase.primary_metric, item.primary_value) : null,
    note: item.note,
  };
}
