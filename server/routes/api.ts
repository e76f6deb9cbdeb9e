/** The public API: JSON, no cookies. Reading is open where the competition is; a bearer token stands for a person. */
import { Router, type Request } from 'express';

import { preferredLanguage } from '../../views/language.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { limitConcurrent, limitRate, UPLOADS_AT_ONCE } from '../middleware/rate-limit.ts';
import { findBearer, requireBearer } from '../middleware/require-user.ts';
import { apiBoard, apiCompetition, apiCompetitionItem, apiResult } from '../presenters/api.ts';
import { choosePhase, findCompetition, listCompetitions } from '../services/competitions.ts';
import { readBoard } from '../services/leaderboards.ts';
import { readReceipt } from '../services/receipts.ts';
import { readResult } from '../services/results.ts';
import { cancelSubmission } from '../services/submissions.ts';
import { readPage, readText } from './competitions.ts';
import { receiveSubmission } from './submit.ts';

const MINUTE_MS = 60 * 1000;
/** Uploads cost more than reading. */
const SUBMISSIONS_PER_MINUTE = 60;

export function apiRoutes(deps: Deps): Router {
  const router = Router();
  const { PUBLIC_URL } = deps.config;
  const slow = limitRate({ windowMs: MINUTE_MS, limit: SUBMISSIONS_PER_MINUTE });
  const languageOf = (req: Request) => preferredLanguage(req.headers['accept-language']);

  router.use((_req, res, next) => {
    res.set('Cache-Control', 'no-cache');
    res.set('Vary', 'Authorization, Accept-Language');
    next();
  });

  router.get('/competitions', async (_req, res) => {
    const items = await listCompetitions(deps);
    res.json({ items: items.map((item) => apiCompetitionItem(item, PUBLIC_URL)), next: null });
  });

  router.get('/competitions/:slug', async (req, res) => {
    const viewer = await findBearer(deps, req);
    const competition = await findCompetition(deps, { slug: req.params.slug, viewer });
    res.json(apiCompetition(competition, PUBLIC_URL));
  });

  router.get('/competitions/:slug/leaderboard', async (req, res) => {
    const viewer = await findBearer(deps, req);
    const competition = await findCompetition(deps, { slug: req.params.slug, viewer });
    const phase = choosePhase(competition, readText(req.query['phase']));
    const board = await readBoard(deps, {
      phase_id: phase.id,
      split: readText(req.query['split']),
      page: readPage(req.query['page']),
      viewer,
    });
    const query = new URLSearchParams({
      phase: phase.slug,
      split: board.split,
      page: String(board.page + 1),
    });
    const next =
      board.page < board.pages
        ? `${PUBLIC_URL}/api/v1/competitions/${competition.slug}/leaderboard?${query.toString()}`
        : null;
    res.json(apiBoard(board, languageOf(req), next));
  });

  router.post('/competitions/:slug/submissions', slow, limitConcurrent(UPLOADS_AT_ONCE));
  router.post('/competitions/:slug/submissions', async (req, res) => {
    const user = await requireBearer(deps, req);
    const competition = await findCompetition(deps, { slug: req.params.slug, viewer: user });
    const phase = choosePhase(competition, readText(req.query['phase']));
    const { submission_id } = await receiveSubmission(deps, req, res, {
      place: { competition, phase },
      user,
    });
    const path = `/api/v1/submissions/${submission_id}`;
    res
      .location(path)
      .status(202)
      .json({
        id: submission_id,
        status: 'queued',
        url: `${PUBLIC_URL}${path}`,
        page: `${PUBLIC_URL}/submissions/${submission_id}`,
      });
  });

  router.get('/submissions/:id', async (req, res) => {
    const viewer = await findBearer(deps, req);
    const result = await readResult(deps, { submission_id: req.params.id, viewer });
    res.json(apiResult(result, languageOf(req), PUBLIC_URL));
  });

  router.post('/submissions/:id/cancel', async (req, res) => {
    const viewer = await requireBearer(deps, req);
    const { id: submission_id } = req.params;
    await cancelSubmission(deps, { submission_id, viewer });
    const result = await readResult(deps, { submission_id, viewer });
    res.json(apiResult(result, languageOf(req), PUBLIC_URL));
  });

  router.get('/submissions/:id/receipt', async (req, res) => {
    const viewer = await findBearer(deps, req);
    res.json(await readReceipt(deps, { submission_id: req.params.id, viewer }));
  });

  for (const path of [
    '/competitions',
    '/competitions/:slug',
    '/competitions/:slug/leaderboard',
    '/competitions/:slug/submissions',
    '/submissions/:id',
    '/submissions/:id/cancel',
    '/submissions/:id/receipt',
  ]) {
    router.all(path, refuseMethod);
  }

  return router;
}

function refuseMethod(): never {
  throw new AppError('METHOD_NOT_ALLOWED');
}
