import type { Request, Response } from 'express';

import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import type { Viewer } from '../services/access.ts';
import { findTokenUser } from '../services/api-tokens.ts';
import { pageContext } from './context.ts';

/** @throws AppError LOGIN_REQUIRED, which the error handler turns into a way to the login page. */
export function requireViewer(res: Response): Viewer {
  const { viewer } = pageContext(res);
  if (viewer === null) throw new AppError('LOGIN_REQUIRED');
  return viewer;
}

/** Whoever the bearer token stands for; null without an Authorization header. @throws AppError TOKEN_INVALID */
export async function findBearer(deps: Deps, req: Request): Promise<Viewer | null> {
  const header = req.headers.authorization;
  if (header === undefined) return null;
  const token = /^Bearer ([\w-]{1,200})$/u.exec(header)?.[1];
  const viewer = token === undefined ? null : await findTokenUser(deps, token);
  if (viewer === null) throw new AppError('TOKEN_INVALID');
  return viewer;
}

/** @throws AppError TOKEN_INVALID also without a header. */
export async function requireBearer(deps: Deps, req: Request): Promise<Viewer> {
  const viewer = await findBearer(deps, req);
  if (viewer === null) throw new AppError('TOKEN_INVALID');
  return viewer;
}
