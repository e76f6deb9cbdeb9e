import { Router } from 'express';

import type { Deps } from '../deps.ts';
import { listLiveWorkers } from '../services/workers.ts';

/** For monitors: 200 while the database answers. `workers` counts those heard of lately. */
export function healthRoutes(deps: Deps): Router {
  const router = Router();
  router.get('/', async (_req, res) => {
    const workers = await listLiveWorkers(deps);
    res.set('Cache-Control', 'no-store').json({ status: 'ok', workers: workers.length });
  });
  return router;
}
