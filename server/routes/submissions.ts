/** One submission from queue to result, and the list of one's own. */
import { Router, type Request, type Response } from 'express';

import { translate } from '../../views/language.ts';
import type { Deps } from '../deps.ts';
import { pageContext } from '../middleware/context.ts';
import type { Pages } from '../middleware/pages.ts';
import { requireViewer } from '../middleware/require-user.ts';
import { presentCancel, presentRetry, type ConfirmPage } from '../presenters/confirm.ts';
import { phaseQuery } from '../presenters/head.ts';
import { presentResult, type Choice } from '../presenters/result.ts';
import { presentOwnSubmission } from '../presenters/submissions.ts';
import { chooseSubmission, readChosenSubmission } from '../services/choices.ts';
import {
  choosePhase,
  findCompetition,
  listCompetitions,
  type PhaseView,
} from '../services/competitions.ts';
import { readReceipt } from '../services/receipts.ts';
import { readResult, type ResultView } from '../services/results.ts';
import {
  cancelSubmission,
  LISTED_SUBMISSIONS,
  listOwnSubmissions,
  retrySubmission,
} from '../services/submissions.ts';

/** Reload where scripts are off; with scripts the page asks every second. */
const REFRESH_S = 2;

export function submissionRoutes(deps: Deps, pages: Pages): Router {
  const router = Router();

  router.get('/', async (req, res) => {
    const user = requireViewer(res);
    const { language } = pageContext(res);
    const rows = [];
    let all = true;
    for (const { slug } of await listCompetitions(deps)) {
      const competition = await findCompetition(deps, { slug, viewer: user });
      const items = await listOwnSubmissions(deps, { user, competition_id: competition.id });
      if (items.length === LISTED_SUBMISSIONS) all = false;
      rows.push(...items.map((item) => presentOwnSubmission(language, competition, item)));
    }
    rows.sort((a, b) => b.sent_at.localeCompare(a.sent_at));
    pages.send(res, {
      name: 'pages/submissions/index',
      title: translate(language, 'mine.title'),
      path: req.originalUrl,
      model: { rows, most: all ? null : LISTED_SUBMISSIONS },
    });
  });

  router.get('/:id', async (req, res) => {
    const { viewer, language } = pageContext(res);
    const result = await readResult(deps, { submission_id: req.params.id, viewer });
    const competition = await findCompetition(deps, { slug: result.competition.slug, viewer });
    const phase = choosePhase(competition, result.phase.slug);
    const page = presentResult(language, result, {
      phase_query: phaseQuery(competition, phase),
      phase,
      choice: await readChoice(result, phase),
    });
    pages.send(res, {
      name: 'pages/submissions/show',
      title: page.title,
      path: req.originalUrl,
      refresh_s: page.is_live ? REFRESH_S : null,
      model: page,
    });
  });

  /** Null where there is nothing to choose. */
  async function readChoice(result: ResultView, phase: PhaseView): Promise<Choice | null> {
    const { submission_id, entry, own, status } = result;
    if (phase.display_rule !== 'chosen' || !own || status !== 'succeeded') return null;
    const chosen = await readChosenSubmission(deps, { phase_id: phase.id, entry_id: entry.id });
    return { is_chosen: chosen === submission_id, is_open: phase.state === 'open' };
  }

  router.post('/:id/choose', async (req, res) => {
    const viewer = requireViewer(res);
    await chooseSubmission(deps, { submission_id: req.params.id, viewer });
    res.redirect(303, `/submissions/${req.params.id}`);
  });

  router.get('/:id/receipt', async (req, res) => {
    const { viewer } = pageContext(res);
    const file = await readReceipt(deps, { submission_id: req.params.id, viewer });
    res
      .attachment(`receipt-${file.receipt.submission_id}.json`)
      .set('Cache-Control', 'private, no-cache')
      .send(`${JSON.stringify(file, null, 2)}\n`);
  });

  function ask(req: Request, res: Response, page: ConfirmPage): void {
    pages.send(res, {
      name: 'pages/confirm',
      title: page.title,
      path: req.originalUrl,
      model: page,
    });
  }

  router.get('/:id/cancel', async (req, res) => {
    const viewer = requireViewer(res);
    const result = await readResult(deps, { submission_id: req.params.id, viewer });
    if (result.can_cancel) ask(req, res, presentCancel(pageContext(res).language, result));
    else res.redirect(303, `/submissions/${result.submission_id}`);
  });

  router.post('/:id/cancel', async (req, res) => {
    const viewer = requireViewer(res);
    const { id } = req.params;
    const { seen } = (req.body ?? {}) as { seen?: unknown };
    const seen_status = typeof seen === 'string' ? seen : undefined;
    const done = await cancelSubmission(deps, { submission_id: id, viewer, seen_status });
    // It has started since: the price may be another, so the question is asked again.
    res.redirect(303, done ? `/submissions/${id}` : `/submissions/${id}/cancel`);
  });

  router.get('/:id/retry', async (req, res) => {
    const viewer = requireViewer(res);
    const result = await readResult(deps, { submission_id: req.params.id, viewer });
    if (result.can_retry) ask(req, res, presentRetry(pageContext(res).language, result));
    else res.redirect(303, `/submissions/${result.submission_id}`);
  });

  router.post('/:id/retry', async (req, res) => {
    const viewer = requireViewer(res);
    await retrySubmission(deps, { submission_id: req.params.id, viewer });
    res.redirect(303, `/submissions/${req.params.id}`);
  });

  return router;
}
