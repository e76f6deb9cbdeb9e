/** The team that somebody takes part with, and invitations to it. */
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';

import { localized, translate } from '../../views/language.ts';
import type { Deps } from '../deps.ts';
import type { AppError } from '../errors.ts';
import { pageContext } from '../middleware/context.ts';
import type { Pages } from '../middleware/pages.ts';
import { limitRate } from '../middleware/rate-limit.ts';
import { requireViewer } from '../middleware/require-user.ts';
import { presentFields } from '../presenters/fields.ts';
import { presentInvitation, presentTeam } from '../presenters/teams.ts';
import {
  inviteToTeam,
  joinTeam,
  leaveTeam,
  readInvitation,
  readTeam,
  renameTeam,
  withdrawInvitation,
} from '../services/teams.ts';
import { isFieldError, parseForm } from './form.ts';

const NameForm = z.object({ name: z.string().max(1000) });
const HOUR_MS = 60 * 60 * 1000;

export function teamRoutes(deps: Deps, pages: Pages): Router {
  const router = Router();
  const slowGuessing = limitRate({
    windowMs: HOUR_MS,
    limit: deps.config.LOGINS_PER_HOUR,
    onlyRefused: true,
  });

  async function sendTeam(
    req: Request,
    res: Response,
    slug: string,
    state: { name: string | null; error: AppError | null; link: string | null },
  ): Promise<void> {
    const viewer = requireViewer(res);
    const { language } = pageContext(res);
    const team = await readTeam(deps, { slug, viewer });
    const { error, link } = state;
    pages.send(res, {
      name: 'pages/teams/show',
      title: translate(language, 'team.title'),
      path: `/competitions/${slug}/team`,
      status: error?.status ?? (link === null ? 200 : 201),
      form: true,
      model: {
        ...presentTeam(language, team, viewer),
        name: state.name ?? team.name,
        saved: req.query['saved'] === '1',
        problem: presentFields(language, ['name'], error?.fields ?? {}).name,
        link,
      },
    });
  }

  router.get('/competitions/:slug/team', async (req, res) => {
    await sendTeam(req, res, req.params.slug, { name: null, error: null, link: null });
  });

  router.post('/competitions/:slug/team', async (req, res) => {
    const viewer = requireViewer(res);
    const { slug } = req.params;
    const { name } = parseForm(NameForm, req.body);
    try {
      await renameTeam(deps, { slug, viewer, name });
    } catch (error) {
      if (!isFieldError(error)) throw error;
      await sendTeam(req, res, slug, { name, error, link: null });
      return;
    }
    res.redirect(303, `/competitions/${slug}/team?saved=1`);
  });

  // Answers with the page instead of a redirect: the link is kept nowhere that a second page could read.
  router.post('/competitions/:slug/team/invitations', async (req, res) => {
    const viewer = requireViewer(res);
    const { slug } = req.params;
    const { url } = await inviteToTeam(deps, { slug, viewer });
    await sendTeam(req, res, slug, { name: null, error: null, link: url });
  });

  router.post('/competitions/:slug/team/invitations/:id/withdraw', async (req, res) => {
    const { slug, id } = req.params;
    await withdrawInvitation(deps, { slug, viewer: requireViewer(res), id });
    res.redirect(303, `/competitions/${slug}/team`);
  });

  router.post('/competitions/:slug/team/leave', async (req, res) => {
    const { slug } = req.params;
    await leaveTeam(deps, { slug, viewer: requireViewer(res) });
    res.redirect(303, `/competitions/${slug}`);
  });

  router.get('/join/:token', slowGuessing, async (req: Request<{ token: string }>, res) => {
    const viewer = requireViewer(res);
    const { language } = pageContext(res);
    const invitation = await readInvitation(deps, { token: req.params.token, viewer });
    pages.send(res, {
      name: 'pages/teams/join',
      title: translate(language, 'join.title', { team: invitation.team }),
      path: req.originalUrl,
      form: true,
      model: {
        ...presentInvitation(language, invitation),
        competition: localized(language, invitation.competition.title),
        action: `/join/${req.params.token}`,
      },
    });
  });

  router.post('/join/:token', slowGuessing, async (req: Request<{ token: string }>, res) => {
    const viewer = requireViewer(res);
    const slug = await joinTeam(deps, { token: req.params.token, viewer });
    res.redirect(303, `/competitions/${slug}/team`);
  });

  return router;
}
