import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';

import { AppError } from '../errors.ts';

/** Counts per address, in memory: a restart forgets. Behind a proxy set TRUST_PROXY_HOPS. */
export function limitRate(options: { windowMs: number; limit: number }): RequestHandler {
  return rateLimit({
    ...options,
    standardHeaders: 'draft-7',
    legacyHeaders: false,
    handler(_req, res, next) {
      const retry_after_s = Math.ceil(options.windowMs / 1000);
      if (!res.headersSent) res.set('Retry-After', String(retry_after_s));
      next(new AppError('TOO_MANY_REQUESTS', { params: { retry_after_s } }));
    },
  });
}
