/** Who asks, in which language and colours: worked out once per request. */
import { createHmac } from 'node:crypto';

import type { CookieOptions, Request, RequestHandler, Response } from 'express';

import { isLanguage, preferredLanguage, type Language } from '../../views/language.ts';
import type { Deps } from '../deps.ts';
import { localUrl, pathWithQuery } from '../lib/local-url.ts';
import { newSecret } from '../lib/secrets.ts';
import type { Viewer } from '../services/access.ts';
import { findSessionUser, type Session } from '../services/accounts.ts';

export type Theme = 'light' | 'dark';

export interface PageContext {
  readonly viewer: Viewer | null;
  readonly sessionToken: string | null;
  readonly language: Language;
  /** Null follows the device. */
  readonly theme: Theme | null;
  readonly now: Date;
  /** For a form of this page. Sets a cookie for people without a session, so ask only where there is a form. */
  csrfToken(): string;
  /** Null when the request carries nothing that a token could be bound to. */
  readonly expectedCsrfToken: string | null;
}

const SESSION = 'certamen_session';
const FORM = 'certamen_form';
const LANGUAGE = 'lang';
const THEME = 'theme';
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

export function pageContext(res: Response): PageContext {
  return (res.locals as { context: PageContext }).context;
}

/** A cookie that scripts and other sites never see. Under https the prefix binds it to this very host. */
function cookieName(deps: Deps, name: string): string {
  return isSecure(deps) ? `__Host-${name}` : name;
}

function isSecure(deps: Deps): boolean {
  return deps.config.PUBLIC_URL.startsWith('https:');
}

function cookieOptions(deps: Deps): CookieOptions {
  return { httpOnly: true, sameSite: 'lax', secure: isSecure(deps), path: '/' };
}

export function setSessionCookie(
  deps: Deps,
  res: Response,
  session: Pick<Session, 'token' | 'expires_at'>,
): void {
  res.cookie(cookieName(deps, SESSION), session.token, {
    ...cookieOptions(deps),
    // A span, not a moment: the clock of the browser may be wrong.
    maxAge: Date.parse(session.expires_at) - deps.clock.now().getTime(),
  });
  // The token before login must not outlive it.
  res.clearCookie(cookieName(deps, FORM), cookieOptions(deps));
}

export function clearSessionCookie(deps: Deps, res: Response): void {
  res.clearCookie(cookieName(deps, SESSION), cookieOptions(deps));
}

export function setLanguageCookie(deps: Deps, res: Response, language: Language): void {
  res.cookie(LANGUAGE, language, { ...cookieOptions(deps), maxAge: YEAR_MS });
}

/**
 * Reads session, language and colours. `?lang=` and `?theme=` on a page set a cookie and lead back to the
 * same page without them.
 */
export function loadContext(deps: Deps): RequestHandler {
  return async (req, res, next) => {
    if (req.method === 'GET' && keepChoice(deps, req, res)) return;
    const cookies = readCookies(req.headers.cookie);
    const token = cookies.get(cookieName(deps, SESSION)) ?? null;
    const viewer = token === null ? null : await findSessionUser(deps, token);
    const chosen = cookies.get(LANGUAGE) ?? viewer?.locale;
    const theme = cookies.get(THEME);
    // An anonymous form is bound to a cookie of its own, every other one to the session.
    let binding = viewer === null ? (cookies.get(cookieName(deps, FORM)) ?? null) : token;
    const context: PageContext = {
      viewer,
      sessionToken: viewer === null ? null : token,
      language: isLanguage(chosen) ? chosen : preferredLanguage(req.headers['accept-language']),
      theme: theme === 'light' || theme === 'dark' ? theme : null,
      now: deps.clock.now(),
      csrfToken() {
        if (binding === null) {
          binding = newSecret();
          res.cookie(cookieName(deps, FORM), binding, cookieOptions(deps));
        }
        return signForm(binding);
      },
      expectedCsrfToken: binding === null ? null : signForm(binding),
    };
    (res.locals as { context: PageContext }).context = context;
    next();
  };
}

/**
 * What a page depends on for a visitor whom no cookie names; null for everybody else, and for who just now
 * chooses language or colours.
 */
export function readAnonymous(
  deps: Deps,
  req: Request,
): { readonly language: Language; readonly theme: Theme | null } | null {
  const { cookie, authorization } = req.headers;
  if (authorization !== undefined || /[?&](?:lang|theme)=/u.test(req.url)) return null;
  const cookies = cookie === undefined ? null : readCookies(cookie);
  if (cookies?.has(cookieName(deps, SESSION))) return null;
  const chosen = cookies?.get(LANGUAGE);
  const theme = cookies?.get(THEME);
  return {
    language: isLanguage(chosen) ? chosen : preferredLanguage(req.headers['accept-language']),
    theme: theme === 'light' || theme === 'dark' ? theme : null,
  };
}

/** What goes into the page is derived from the cookie, so that a leaked page does not give the session away. */
function signForm(binding: string): string {
  return createHmac('sha256', binding).update('form').digest('base64url');
}

function keepChoice(deps: Deps, req: Request, res: Response): boolean {
  const url = localUrl(req.originalUrl);
  const language = url.searchParams.get('lang');
  const theme = url.searchParams.get('theme');
  if (language === null && theme === null) return false;
  if (isLanguage(language)) setLanguageCookie(deps, res, language);
  if (theme === 'light' || theme === 'dark') {
    res.cookie(THEME, theme, { ...cookieOptions(deps), maxAge: YEAR_MS });
  } else if (theme === 'auto') {
    res.clearCookie(THEME, cookieOptions(deps));
  }
  url.searchParams.delete('lang');
  url.searchParams.delete('theme');
  res.redirect(303, pathWithQuery(url));
  return true;
}

/** Name to value; the first of a name wins. Values that are not valid URI components are left as they are. */
export function readCookies(header: string | undefined): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const part of (header ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at < 0) continue;
    const name = part.slice(0, at).trim();
    const value = part.slice(at + 1).trim();
    if (!cookies.has(name)) cookies.set(name, decode(value));
  }
  return cookies;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
