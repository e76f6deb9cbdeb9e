import { Router } from 'express';

import { translate } from '../../views/language.ts';
import type { Deps } from '../deps.ts';
import { pageContext } from '../middleware/context.ts';
import type { Pages } from '../middleware/pages.ts';
import { presentAdmin } from '../presenters/admin.ts';
import { presentDrain } from '../presenters/confirm.ts';
import { readSiteState } from '../services/admin.ts';
import { readQueueState, setQueuePaused } from '../services/queue.ts';

/** For administrators; for others as if it did not exist. */
export function adminRoutes(deps: Deps, pages: Pages): Router {
  const router = Router();
  router.get('/', async (req, res) => {
    const { viewer, language } = pageContext(res);
    const state = await readSiteState(deps, viewer);
    pages.send(res, {
      name: 'pages/admin',
      title: translate(language, 'admin.title'),
      path: req.originalUrl,
      model: presentAdmin(language, state),
    });
  });

  for (const [path, paused] of [
    ['/queue/drain', true],
    ['/queue/resume', false],
  ] as const) {
    router.get(path, async (req, res) => {
      const { viewer, language } = pageContext(res);
      const { paused: isPaused } = await readQueueState(deps, viewer);
      const page = presentDrain(language, !paused);
      if (isPaused === paused) res.redirect(303, '/admin');
      else
        pages.send(res, {
          name: 'pages/confirm',
          title: page.title,
          path: req.originalUrl,
          model: page,
        });
    });
    router.post(path, async (_req, res) => {
      await setQueuePaused(deps, { viewer: pageContext(res).viewer, paused });
      res.redirect(303, '/admin');
    });
  }

  return router;
}
