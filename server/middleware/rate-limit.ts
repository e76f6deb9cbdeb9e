import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';

import { AppError } from '../errors.ts';
import { pageContext, type PageContext } from './context.ts';

/** Uploads that one person may have under way at a time. */
export const UPLOADS_AT_ONCE = 8;
const RETRY_AFTER_S = 10;

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

/**
 * Refuses whoever has so many requests open already, by account or token, else by address: a slow upload holds a
 * connection and a file for as long as it takes.
 */
export function limitConcurrent(most: number): RequestHandler {
  const open = new Map<string, number>();
  return (req, res, next) => {
    const { context } = res.locals as { context?: PageContext };
    const key = context?.viewer?.id ?? req.headers.authorization ?? ipKeyGenerator(req.ip ?? '');
    const count = open.get(key) ?? 0;
    if (count >= most) {
      throw new AppError('TOO_MANY_REQUESTS', { params: { retry_after_s: RETRY_AFTER_S } });
    }
    open.set(key, count + 1);
    res.once('close', () => {
      const left = (open.get(key) ?? 1) - 1;
      if (left > 0) open.set(key, left);
      else open.delete(key);
    });
    next();
  };
}
