/** Sign up, log in, log out, the account and its API tokens. */
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';

import { isLanguage, translate, translateCount, type Language } from '../../views/language.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { FIELD_LIMITS } from '../lib/field-limits.ts';
import { pathWithQuery } from '../lib/local-url.ts';
import {
  clearSessionCookie,
  pageContext,
  setLanguageCookie,
  setSessionCookie,
} from '../middleware/context.ts';
import type { Pages } from '../middleware/pages.ts';
import { limitRate } from '../middleware/rate-limit.ts';
import { requireViewer } from '../middleware/require-user.ts';
import { presentError } from '../presenters/error.ts';
import { presentFields } from '../presenters/fields.ts';
import {
  createApiToken,
  listApiTokens,
  revokeApiToken,
  TOKEN_DAYS,
} from '../services/api-tokens.ts';
import { countSessions, logIn, logOut, setLocale, signUp } from '../services/accounts.ts';
import { listCompetitions } from '../services/competitions.ts';
import { claimSetup, isSetupToken } from '../services/setup.ts';
import { parseForm } from './form.ts';

const text = z.string().max(1000);
const SignUpForm = z.object({ name: text, email: text, password: text, next: text.optional() });
const LogInForm = z.object({ email: text, password: text, next: text.optional() });
const TokenForm = z.object({ name: text, days: z.coerce.number().catch(NaN).optional() });
const LanguageForm = z.object({ locale: text });

const HOUR_MS = 60 * 60 * 1000;
const DEFAULT_TOKEN_DAYS = 90;
/**
 * Wrong passwords that an account may be tried with, for each that an address may try: by itself no address keeps the
 * owner out.
 */
const ADDRESSES_PER_ACCOUNT = 5;
/** Sign-ups that an address may make for each wrong password that it may try. */
const SIGN_UPS_PER_LOGIN = 4;

export function accountRoutes(deps: Deps, pages: Pages): Router {
  const router = Router();
  const { LOGINS_PER_HOUR } = deps.config;
  // Whole classes log in and sign up from one address: only wrong passwords count as tries.
  const slowGuessing = limitRate({ windowMs: HOUR_MS, limit: LOGINS_PER_HOUR, onlyRefused: true });
  // And an account is guessed at from many addresses.
  const slowGuessingAtOne = limitRate({
    windowMs: HOUR_MS,
    limit: ADDRESSES_PER_ACCOUNT * LOGINS_PER_HOUR,
    onlyRefused: true,
    keyOf: ({ body }) => {
      const form = LogInForm.safeParse(body);
      return `account ${form.success ? form.data.email.trim().toLowerCase() : ''}`;
    },
  });
  const slowSignUp = limitRate({ windowMs: HOUR_MS, limit: SIGN_UPS_PER_LOGIN * LOGINS_PER_HOUR });

  function sendSignUp(
    req: Request,
    res: Response,
    kept: { name: string; email: string; next: string },
    error: AppError | null,
    setupToken: string | null,
  ): void {
    const { language } = pageContext(res);
    const key = setupToken === null ? 'signup' : 'setup';
    pages.send(res, {
      name: 'pages/accounts/signup',
      title: translate(language, `${key}.title`),
      path: req.originalUrl,
      status: error?.status ?? 200,
      form: true,
      model: {
        kept,
        title: translate(language, `${key}.title`),
        lead: translate(language, `${key}.lead`),
        action: setupToken === null ? '/signup' : `/setup/${setupToken}`,
        show_login: setupToken === null,
        password_min: FIELD_LIMITS.password.min,
        problems: presentFields(language, ['name', 'email', 'password'], error?.fields ?? {}),
        has_problem: error !== null,
        login_href: `/login${nextQuery(kept.next)}`,
      },
    });
  }

  router.get('/signup', (req, res) => {
    sendSignUp(req, res, { name: '', email: '', next: readNext(req.query['next']) }, null, null);
  });

  router.post('/signup', slowSignUp, async (req, res) => {
    const form = parseForm(SignUpForm, req.body);
    const { language } = pageContext(res);
    try {
      setSessionCookie(deps, res, await signUp(deps, { ...form, locale: language }));
    } catch (error) {
      if (!isFormError(error)) throw error;
      const { name, email, next } = form;
      sendSignUp(req, res, { name, email, next: readNext(next) }, error, null);
      return;
    }
    res.redirect(303, readNext(form.next));
  });

  router.get('/setup/:token', async (req, res) => {
    if (!(await isSetupToken(deps, req.params.token))) throw new AppError('SETUP_LINK_INVALID');
    sendSignUp(req, res, { name: '', email: '', next: '/' }, null, req.params.token);
  });

  router.post('/setup/:token', slowGuessing);
  router.post('/setup/:token', async (req, res) => {
    const form = parseForm(SignUpForm, req.body);
    const { token } = req.params;
    const { language } = pageContext(res);
    try {
      setSessionCookie(deps, res, await claimSetup(deps, { ...form, token, locale: language }));
    } catch (error) {
      if (!isFormError(error)) throw error;
      sendSignUp(req, res, { name: form.name, email: form.email, next: '/' }, error, token);
      return;
    }
    res.redirect(303, '/');
  });

  function sendLogIn(
    req: Request,
    res: Response,
    kept: { email: string; next: string },
    error: AppError | null,
  ): void {
    const { language } = pageContext(res);
    pages.send(res, {
      name: 'pages/accounts/login',
      title: translate(language, 'login.title'),
      path: req.originalUrl,
      status: error?.status ?? 200,
      form: true,
      model: {
        kept,
        problem: error === null ? null : presentError(language, error),
        is_required: kept.next !== '/',
        signup_href: `/signup${nextQuery(kept.next)}`,
      },
    });
  }

  router.get('/login', (req, res) => {
    sendLogIn(req, res, { email: '', next: readNext(req.query['next']) }, null);
  });

  router.post('/login', slowGuessing, slowGuessingAtOne, async (req, res) => {
    const form = parseForm(LogInForm, req.body);
    const next = readNext(form.next);
    try {
      setSessionCookie(deps, res, await logIn(deps, form));
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'LOGIN_FAILED')) throw error;
      sendLogIn(req, res, { email: form.email, next }, error);
      return;
    }
    res.redirect(303, next);
  });

  router.post('/logout', async (_req, res) => {
    const { sessionToken } = pageContext(res);
    if (sessionToken !== null) await logOut(deps, sessionToken);
    clearSessionCookie(deps, res);
    res.redirect(303, '/');
  });

  async function sendAccount(
    req: Request,
    res: Response,
    state: { error: AppError | null; name: string; token: string | null },
  ): Promise<void> {
    const viewer = requireViewer(res);
    const { language } = pageContext(res);
    const tokens = await listApiTokens(deps, viewer);
    const { error } = state;
    const [competition] = await listCompetitions(deps);
    const slug = competition?.slug ?? 'COMPETITION';
    const sessions = await countSessions(deps, viewer);
    pages.send(res, {
      name: 'pages/accounts/account',
      title: translate(language, 'account.title'),
      path: '/account',
      status: error?.status ?? (state.token === null ? 200 : 201),
      model: {
        name: viewer.name,
        email: viewer.email,
        languages: (['en', 'es'] as const).map((value) => ({
          value,
          label: translate(value, `language.${value}`),
          selected: value === viewer.locale,
        })),
        saved: savedText(language, req.query['saved']),
        sessions: translateCount(language, 'account.sessions_open', sessions),
        has_other_sessions: sessions > 1,
        token_days: TOKEN_DAYS.map((days) => ({
          value: days,
          label:
            days === 0
              ? translate(language, 'account.token_no_end')
              : translate(language, 'account.token_days', { days }),
          selected: days === DEFAULT_TOKEN_DAYS,
        })),
        token: state.token,
        token_example:
          state.token === null ? null : curlExample(deps.config.PUBLIC_URL, slug, state.token),
        token_name: state.name,
        problem: presentFields(language, ['name'], error?.fields ?? {}).name,
        refusal:
          error === null || error.code === 'INVALID_FORM' ? null : presentError(language, error),
        tokens: tokens
          .filter(({ revoked_at }) => revoked_at === null)
          .map(({ id, name, hint, created_at, last_used_at, expires_at }) => ({
            id,
            name,
            hint,
            created_at,
            last_used_at,
            expires_at,
            expired: expires_at !== null && expires_at <= deps.clock.now().toISOString(),
          })),
      },
    });
  }

  router.get('/account', async (req, res) => {
    await sendAccount(req, res, { error: null, name: '', token: null });
  });

  router.post('/account/language', async (req, res) => {
    const user = requireViewer(res);
    const { locale } = parseForm(LanguageForm, req.body);
    await setLocale(deps, { user, locale });
    if (isLanguage(locale)) setLanguageCookie(deps, res, locale);
    res.redirect(303, '/account?saved=1');
  });

  // Answers with the page instead of a redirect: the token is kept nowhere that a second page could read.
  router.post('/account/tokens', async (req, res) => {
    const user = requireViewer(res);
    const { name, days } = parseForm(TokenForm, req.body);
    try {
      const { token } = await createApiToken(deps, { user, name, days: days ?? 0 });
      await sendAccount(req, res, { error: null, name: '', token });
    } catch (error) {
      if (!isFormError(error)) throw error;
      await sendAccount(req, res, { error, name, token: null });
    }
  });
  router.get('/account/tokens', (_req, res) => res.redirect(303, '/account'));

  router.post('/account/tokens/:id/revoke', async (req, res) => {
    await revokeApiToken(deps, { user: requireViewer(res), id: req.params.id });
    res.redirect(303, '/account');
  });

  return router;
}

/** The form again, with what is wrong; everything else is for the error handler. */
function isFormError(error: unknown): error is AppError {
  return (
    error instanceof AppError &&
    ['INVALID_FORM', 'EMAIL_TAKEN', 'TOKEN_LIMIT_REACHED'].includes(error.code)
  );
}

/** What the page before has done; null for anything else. */
function savedText(language: Language, saved: unknown): string | null {
  if (saved === '1') return translate(language, 'account.saved');
  if (saved === 'password') return translate(language, 'password.saved');
  if (saved === 'sessions') return translate(language, 'account.sessions_ended');
  return null;
}

/** A path of this site to come back to; `/` for anything else. */
function readNext(value: unknown): string {
  if (typeof value !== 'string' || !value.startsWith('/')) return '/';
  // Resolved as a browser would: `//host`, `/\host` and tabs inside all lead elsewhere.
  const url = URL.parse(value, 'http://site.invalid');
  return url?.origin === 'http://site.invalid' ? pathWithQuery(url) : '/';
}

function nextQuery(next: string): string {
  return next === '/' ? '' : `?next=${encodeURIComponent(next)}`;
}

function curlExample(publicUrl: string, slug: string, token: string): string {
  return `curl -H "Authorization: Bearer ${token}" \\
     -F files=@model.onnx \\
     ${publicUrl}/api/v1/competitions/${slug}/submissions`;
}
