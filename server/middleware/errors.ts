/** The only place where an error becomes an answer. */
import { randomUUID } from 'node:crypto';

import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';

import { preferredLanguage, translate, type Language } from '../../views/language.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { isDatabaseBusy, isDiskFull } from '../lib/system-errors.ts';
import { presentError } from '../presenters/error.ts';
import type { PageContext } from './context.ts';
import type { Pages } from './pages.ts';

const RETRY_AFTER_S = 10;

export const notFound: RequestHandler = () => {
  throw new AppError('NOT_FOUND');
};

export function handleErrors(deps: Deps, pages: Pages): ErrorRequestHandler {
  return (thrown: unknown, req, res, next) => {
    const error = toAppError(thrown);
    const id = randomUUID();
    if (error.status >= 500) {
      deps.logger.error({ err: thrown, id, method: req.method, path: req.path }, 'request failed');
    } else {
      deps.logger.debug(
        { code: error.code, message: error.message, id, path: req.path },
        'refused',
      );
    }
    const { retry_after_s } = error.params;
    if (retry_after_s !== undefined && !res.headersSent) {
      res.set('Retry-After', String(retry_after_s));
    }
    if (res.headersSent) {
      // Too late for another answer: the connection has to say it.
      next(thrown);
      return;
    }
    if (wantsJson(req)) {
      const language = languageOf(req, res);
      const { text } = presentError(language, error);
      res.status(error.status).json({
        error: {
          code: error.code,
          message: text,
          id,
          ...(Object.keys(error.fields).length === 0 ? {} : { fields: error.fields }),
        },
      });
      return;
    }
    if (error.code === 'LOGIN_REQUIRED' && ['GET', 'HEAD'].includes(req.method)) {
      res.redirect(303, loginHref(req));
      return;
    }
    const language = languageOf(req, res);
    const { context } = res.locals as { context?: PageContext };
    // Of whoever is logged out, whatever is or is not there.
    const mayLogIn = error.status === 404 && req.method === 'GET' && context?.viewer === null;
    pages.send(res, {
      name: 'pages/error',
      title: translate(language, 'error.what'),
      status: error.status,
      path: req.originalUrl,
      model: {
        error: presentError(language, error),
        id: error.status >= 500 ? id : null,
        // What was sent is gone with the session, and its address is not always a page's.
        login_href: mayLogIn ? loginLink(req) : error.code === 'LOGIN_REQUIRED' ? '/login' : null,
      },
    });
  };
}

function loginHref(req: Request): string {
  return `/login?next=${encodeURIComponent(req.originalUrl)}`;
}

/** With the address as it was typed: what is hidden and what is not there differ in nothing else. */
function loginLink(req: Request): string {
  return loginHref(req).replaceAll('%2F', '/');
}

function wantsJson(req: Request): boolean {
  return (
    req.originalUrl.startsWith('/api/') ||
    (req.headers.accept !== undefined && req.accepts(['html', 'json']) === 'json')
  );
}

function languageOf(req: Request, res: Response): Language {
  const { context } = res.locals as { context?: PageContext };
  return context?.language ?? preferredLanguage(req.headers['accept-language']);
}

/** What is not an error of ours: the machine's, Express's, or a mistake. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (isDiskFull(thrown)) return new AppError('STORAGE_FULL', { cause: thrown });
  if (isDatabaseBusy(thrown)) {
    return new AppError('SITE_BUSY', {
      params: { retry_after_s: RETRY_AFTER_S },
      cause: thrown,
    });
  }
  // Express and its body parser mark what the client did wrong with a status.
  const status =
    thrown instanceof Error && 'status' in thrown && typeof thrown.status === 'number'
      ? thrown.status
      : 500;
  if (status === 404) return new AppError('NOT_FOUND', { cause: thrown });
  if (status === 413) return new AppError('BODY_TOO_LARGE', { cause: thrown });
  if (status >= 400 && status < 500) return new AppError('BAD_REQUEST', { cause: thrown });
  return new AppError('INTERNAL', { cause: thrown });
}
