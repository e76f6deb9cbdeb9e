import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';

import { AppError } from '../errors.ts';
import { pageContext } from './context.ts';

interface RateOptions {
  readonly windowMs: number;
  readonly limit: number;
  /** Count per account where somebody is logged in: a class shares one address. */
  readonly perViewer?: boolean;
  /** Count only what was refused. */
  readonly onlyRefused?: boolean;
  /** Count by something else than the address. */
  readonly keyOf?: (req: Request) => string;
}

/** Counts per address, in memory: a restart forgets. Behind a proxy set TRUST_PROXY_HOPS. */
export function limitRate(options: RateOptions): RequestHandler {
  return rateLimit({
    windowMs: options.windowMs,
    limit: options.limit,
    skipSuccessfulRequests: options.onlyRefused ?? false,
    keyGenerator(req, res) {
      if (options.keyOf !== undefined) return options.keyOf(req);
      const viewer = options.perViewer ? pageContext(res).viewer : null;
      return viewer === null ? ipKeyGenerator(req.ip ?? '') : `user ${viewer.id}`;
    },
    standardHeaders: 'draft-7',
    legacyHeaders: false,
    handler(_req, _res, next) {
      const retry_after_s = Math.ceil(options.windowMs / 1000);
      next(new AppError('TOO_MANY_REQUESTS', { params: { retry_after_s } }));
    },
  });
}
