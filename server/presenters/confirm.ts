import { translate, type Language } from '../../views/language.ts';
import type { ResultView } from '../services/results.ts';

/** A question before something that cannot be undone, or that others notice: a form of its own, without scripts. */
export interface ConfirmPage {
  readonly title: string;
  readonly lines: readonly string[];
  /** Where the form goes. */
  readonly action: string;
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  readonly button: string;
  readonly back_href: string;
  readonly back: string;
}

export function presentCancel(language: Language, result: ResultView): ConfirmPage {
  const { own, status, costs_quota } = result;
  const price = !own
    ? 'cancel.by_organizer'
    : status === 'running' && costs_quota
      ? 'cancel.running_counts'
      : status === 'running'
        ? 'cancel.running_free'
        : 'cancel.waiting_free';
  return {
    title: translate(language, 'cancel.title'),
    lines: [translate(language, 'cancel.what'), translate(language, price)],
    action: `/submissions/${result.submission_id}/cancel`,
    fields: [{ name: 'seen', value: status }],
    button: translate(language, 'cancel.button'),
    back_href: `/submissions/${result.submission_id}`,
    back: translate(language, 'confirm.back'),
  };
}

export function presentRetry(language: Language, result: ResultView): ConfirmPage {
  return {
    title: translate(language, 'retry.title'),
    lines: [translate(language, 'retry.what'), translate(language, 'retry.price')],
    action: `/submissions/${result.submission_id}/retry`,
    fields: [],
    button: translate(language, 'retry.button'),
    back_href: `/submissions/${result.submission_id}`,
    back: translate(language, 'confirm.back'),
  };
}

export function presentDrain(language: Language, paused: boolean): ConfirmPage {
  return {
    title: translate(language, paused ? 'resume.title' : 'drain.title'),
    lines: [translate(language, paused ? 'resume.what' : 'drain.what')],
    action: paused ? '/admin/queue/resume' : '/admin/queue/drain',
    fields: [],
    button: translate(language, paused ? 'resume.button' : 'drain.button'),
    back_href: '/admin',
    back: translate(language, 'confirm.back'),
  };
}
