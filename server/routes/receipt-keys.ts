import { Router } from 'express';

import type { Deps } from '../deps.ts';
import { readReceiptKeys } from '../services/receipts.ts';

/** The public keys that receipts of this site are signed with; `certamen verify --key` reads the answer. */
export function receiptKeyRoutes(deps: Deps): Router {
  const router = Router();
  router.get('/', async (_req, res) => {
    const { current, keys } = await readReceiptKeys(deps);
    res.set('Cache-Control', 'no-cache').json({
      issuer: deps.config.PUBLIC_URL,
      algorithm: 'Ed25519',
      current,
      keys,
    });
  });
  return router;
}
