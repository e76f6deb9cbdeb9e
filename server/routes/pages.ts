/** The home page and the pages that explain. */
import { Router } from 'express';

import { translate } from '../../views/language.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { pageContext } from '../middleware/context.ts';
import type { Pages } from '../middleware/pages.ts';
import { presentHome } from '../presenters/home.ts';
import { presentMetric, presentMetrics } from '../presenters/metrics.ts';
import { choosePhase, findCompetition, listCompetitions } from '../services/competitions.ts';
import { readBoard } from '../services/leaderboards.ts';
import { findMetric, listMetrics } from '../services/metrics.ts';
import { hasSamples } from '../services/task-pages.ts';
import { readText } from './competitions.ts';

/** Characters of a search that are looked at. */
const MOST_SEARCHED = 100;

export function pageRoutes(deps: Deps, pages: Pages): Router {
  const router = Router();

  router.get('/', async (req, res) => {
    const { viewer, language, now } = pageContext(res);
    const items = [];
    for (const { slug } of await listCompetitions(deps)) {
      const competition = await findCompetition(deps, { slug, viewer });
      // A competition without a phase is not ready to be shown.
      if (competition.phases.length === 0) continue;
      const phase = choosePhase(competition, undefined);
      const board = phase.shown_splits.includes(phase.public_split)
        ? await readBoard(deps, { phase_id: phase.id, viewer })
        : null;
      items.push({ competition, phase, board, samples: hasSamples(phase.task) });
    }
    pages.send(res, {
      name: 'pages/home',
      title: translate(language, 'home.title'),
      path: req.originalUrl,
      model: presentHome(language, items, now),
    });
  });

  router.get('/about', (req, res) => {
    const { language } = pageContext(res);
    pages.send(res, {
      name: 'pages/about',
      title: translate(language, 'about.title'),
      path: req.originalUrl,
      model: {
        levels: (['full', 'partial', 'process'] as const).map((level) => ({
          name: translate(language, `isolation.${level}`),
          meaning: translate(language, `isolation.${level}.meaning`),
        })),
      },
    });
  });

  router.get('/metrics', (req, res) => {
    const { language } = pageContext(res);
    const metrics = listMetrics();
    const domain = readText(req.query['domain']) ?? '';
    const query = {
      words: (readText(req.query['q']) ?? '').slice(0, MOST_SEARCHED),
      // An address with a domain that is gone shows them all.
      domain: metrics.some((metric) => metric.domain === domain) ? domain : '',
    };
    pages.send(res, {
      name: 'pages/metrics/index',
      title: translate(language, 'metrics.title'),
      path: req.originalUrl,
      model: presentMetrics(language, metrics, query),
    });
  });

  router.get('/metrics/:name', (req, res) => {
    const { language } = pageContext(res);
    const view = findMetric(req.params.name);
    if (view === null) throw new AppError('NOT_FOUND');
    const metric = presentMetric(language, view);
    pages.send(res, {
      name: 'pages/metrics/show',
      title: metric.title,
      path: req.originalUrl,
      model: { metric },
    });
  });

  return router;
}
