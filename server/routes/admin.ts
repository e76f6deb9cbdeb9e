import { Router } from 'express';

import { translate } from '../../views/language.ts';
import type { Deps } from '../deps.ts';
import { pageContext } from '../middleware/context.ts';
import type { Pages } from '../middleware/pages.ts';
import { presentAdmin } from '../presenters/admin.ts';
import { readSiteState } from '../services/admin.ts';

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
  return router;
}
