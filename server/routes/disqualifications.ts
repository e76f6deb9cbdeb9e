/** Entries out of the ranking and back in, for organizers; for others as if they did not exist. */
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';

import { exactTime } from '../../views/helpers.ts';
import { localized, translate } from '../../views/language.ts';
import type { Deps } from '../deps.ts';
import type { AppError } from '../errors.ts';
import { FIELD_LIMITS } from '../lib/field-limits.ts';
import { pageContext } from '../middleware/context.ts';
import type { Pages } from '../middleware/pages.ts';
import { requireViewer } from '../middleware/require-user.ts';
import { presentFields } from '../presenters/fields.ts';
import {
  disqualifyEntry,
  readOrganizedEntry,
  reinstateEntry,
} from '../services/disqualifications.ts';
import { isFieldError, parseForm } from './form.ts';

const ReasonForm = z.object({ reason: z.string().max(10_000) });

export function disqualificationRoutes(deps: Deps, pages: Pages): Router {
  const router = Router();

  async function sendForm(
    req: Request<{ id: string }>,
    res: Response,
    state: { reason: string | null; error: AppError | null },
  ): Promise<void> {
    const viewer = requireViewer(res);
    const { language } = pageContext(res);
    const { entry, competition } = await readOrganizedEntry(deps, {
      entry_id: req.params.id,
      viewer,
    });
    const name = localized(language, entry.name);
    const out = entry.disqualified_at;
    const title =
      out === null
        ? translate(language, 'judge.title', { name })
        : translate(language, 'judge.out', { name, date: exactTime(language, out) });
    pages.send(res, {
      name: 'pages/audit/disqualify',
      title,
      path: req.originalUrl,
      status: state.error?.status ?? 200,
      form: true,
      model: {
        title,
        is_out: out !== null,
        base: `/entries/${entry.id}`,
        reason: state.reason ?? entry.disqualified_reason ?? '',
        reason_max: FIELD_LIMITS.note.max,
        problem: presentFields(language, ['reason'], state.error?.fields ?? {}).reason,
        button: translate(language, out === null ? 'judge.button' : 'judge.change'),
        all_href: `/competitions/${competition.slug}/audit?entry=${entry.id}`,
      },
    });
  }

  router.get('/:id/disqualify', async (req, res) => {
    await sendForm(req, res, { reason: null, error: null });
  });

  router.post('/:id/disqualify', async (req, res) => {
    const viewer = requireViewer(res);
    const { reason } = parseForm(ReasonForm, req.body);
    try {
      await disqualifyEntry(deps, { entry_id: req.params.id, reason, viewer });
    } catch (error) {
      if (!isFieldError(error)) throw error;
      await sendForm(req, res, { reason, error });
      return;
    }
    res.redirect(303, `/entries/${req.params.id}/disqualify`);
  });

  router.post('/:id/reinstate', async (req, res) => {
    await reinstateEntry(deps, { entry_id: req.params.id, viewer: requireViewer(res) });
    res.redirect(303, `/entries/${req.params.id}/disqualify`);
  });

  return router;
}
