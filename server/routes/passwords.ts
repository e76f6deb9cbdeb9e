/** Changing a password, choosing a new one by a one-time link, ending sessions. */
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';

import { translate } from '../../views/language.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { FIELD_LIMITS } from '../lib/field-limits.ts';
import { pageContext, setSessionCookie } from '../middleware/context.ts';
import type { Pages } from '../middleware/pages.ts';
import { limitRate } from '../middleware/rate-limit.ts';
import { requireViewer } from '../middleware/require-user.ts';
import { presentFields } from '../presenters/fields.ts';
import {
  changePassword,
  isResetToken,
  logOutElsewhere,
  resetPassword,
  RESET_LINK_HOURS,
} from '../services/accounts.ts';
import { isFieldError, parseForm } from './form.ts';

const text = z.string().max(1000);
const ChangeForm = z.object({ current: text, password: text });
const ResetForm = z.object({ password: text });

const HOUR_MS = 60 * 60 * 1000;

export function passwordRoutes(deps: Deps, pages: Pages): Router {
  const router = Router();
  const slowGuessing = limitRate({
    windowMs: HOUR_MS,
    limit: deps.config.LOGINS_PER_HOUR,
    onlyRefused: true,
  });

  function sendForm(
    req: Request,
    res: Response,
    form: { key: 'password' | 'reset'; action: string; current: boolean },
    error: AppError | null,
  ): void {
    const { language } = pageContext(res);
    const title = translate(language, `${form.key}.title`);
    pages.send(res, {
      name: 'pages/accounts/password',
      title,
      path: req.originalUrl,
      status: error?.status ?? 200,
      form: true,
      model: {
        title,
        lead: translate(language, `${form.key}.lead`),
        action: form.action,
        asks_current: form.current,
        password_min: FIELD_LIMITS.password.min,
        problems: presentFields(language, ['current', 'password'], error?.fields ?? {}),
        has_problem: error !== null,
      },
    });
  }

  const change = { key: 'password', action: '/account/password', current: true } as const;

  router.get('/account/password', (req, res) => {
    requireViewer(res);
    sendForm(req, res, change, null);
  });

  router.post('/account/password', slowGuessing, async (req, res) => {
    const user = requireViewer(res);
    const form = parseForm(ChangeForm, req.body);
    try {
      setSessionCookie(deps, res, await changePassword(deps, { user, ...form }));
    } catch (error) {
      if (!isFieldError(error)) throw error;
      sendForm(req, res, change, error);
      return;
    }
    res.redirect(303, '/account?saved=password');
  });

  router.post('/account/sessions/end', async (_req, res) => {
    setSessionCookie(deps, res, await logOutElsewhere(deps, requireViewer(res)));
    res.redirect(303, '/account?saved=sessions');
  });

  router.get('/forgot', (req, res) => {
    const { language } = pageContext(res);
    pages.send(res, {
      name: 'pages/accounts/forgot',
      title: translate(language, 'forgot.title'),
      path: req.originalUrl,
      model: { hours: RESET_LINK_HOURS },
    });
  });

  router.get('/reset/:token', slowGuessing, async (req, res) => {
    if (!(await isResetToken(deps, tokenOf(req)))) throw new AppError('RESET_LINK_INVALID');
    sendForm(req, res, { key: 'reset', action: `/reset/${tokenOf(req)}`, current: false }, null);
  });

  router.post('/reset/:token', slowGuessing, async (req, res) => {
    const token = tokenOf(req);
    const { password } = parseForm(ResetForm, req.body);
    try {
      setSessionCookie(deps, res, await resetPassword(deps, { token, password }));
    } catch (error) {
      if (!isFieldError(error)) throw error;
      sendForm(req, res, { key: 'reset', action: `/reset/${token}`, current: false }, error);
      return;
    }
    res.redirect(303, '/account?saved=password');
  });

  return router;
}

function tokenOf({ params }: Request): string {
  const { token } = params;
  return typeof token === 'string' ? token : '';
}
