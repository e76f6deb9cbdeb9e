import { timingSafeEqual } from 'node:crypto';

import type { Request, RequestHandler, Response } from 'express';

import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { pageContext } from './context.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** First of two checks on a form: a browser says where it was sent from, and that has to be here. */
export function checkOrigin(deps: Deps): RequestHandler {
  const own = new URL(deps.config.PUBLIC_URL).host;
  return (req, _res, next) => {
    const { origin, host } = req.headers;
    const foreign =
      origin !== undefined && !(URL.canParse(origin) && [own, host].includes(new URL(origin).host));
    if (!SAFE_METHODS.has(req.method) && foreign) throw new AppError('CSRF_FAILED');
    next();
  };
}

/** Second check, once the body is read: the form carries the token that its page was given. */
export const checkFormToken: RequestHandler = (req, res, next) => {
  if (!SAFE_METHODS.has(req.method)) verifyFormToken(req, res);
  next();
};

/** @throws AppError CSRF_FAILED */
export function verifyFormToken(req: Request, res: Response): void {
  const { csrf } = (req.body ?? {}) as { csrf?: unknown };
  const expected = pageContext(res).expectedCsrfToken;
  if (expected === null || typeof csrf !== 'string' || !equal(csrf, expected)) {
    throw new AppError('CSRF_FAILED');
  }
}

function equal(left: string, right: string): boolean {
  const a = Buffer.from(left);
  const b = Buffer.from(right);
  return a.length === b.length && timingSafeEqual(a, b);
}
