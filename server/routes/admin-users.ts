/** Accounts, for administrators; for others as if it did not exist. */
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';

import { translate } from '../../views/language.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { pageContext } from '../middleware/context.ts';
import type { Pages } from '../middleware/pages.ts';
import { presentError } from '../presenters/error.ts';
import { parseGrant, presentUsers } from '../presenters/users.ts';
import { createResetLinkFor, grantRole, readUsers, revokeRole } from '../services/users.ts';

const Query = z.object({
  search: z.string().max(80).catch(''),
  page: z.coerce.number().int().min(1).max(100_000).catch(1),
});
const GrantForm = z.object({ grant: z.string().max(100) });

export function adminUserRoutes(deps: Deps, pages: Pages): Router {
  const router = Router();

  async function sendUsers(
    req: Request,
    res: Response,
    state: {
      link: { email: string; url: string } | null;
      error: AppError | null;
    },
  ): Promise<void> {
    const { viewer, language } = pageContext(res);
    const { search, page } = Query.parse(req.query);
    const users = await readUsers(deps, { viewer, search, page });
    pages.send(res, {
      name: 'pages/admin/users',
      title: translate(language, 'users.title'),
      path: '/admin/users',
      status: state.error?.status ?? (state.link === null ? 200 : 201),
      form: true,
      model: {
        ...presentUsers(language, users, search),
        link: state.link,
        refusal: state.error === null ? null : presentError(language, state.error),
      },
    });
  }

  router.get('/', async (req, res) => {
    await sendUsers(req, res, { link: null, error: null });
  });

  router.post('/:id/roles', async (req, res) => {
    const { viewer } = pageContext(res);
    await grantRole(deps, { viewer, user_id: req.params.id, grant: readGrant(req.body) });
    res.redirect(303, listOf(req));
  });

  router.post('/:id/roles/revoke', async (req, res) => {
    const { viewer } = pageContext(res);
    try {
      await revokeRole(deps, { viewer, user_id: req.params.id, grant: readGrant(req.body) });
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'LAST_ADMIN')) throw error;
      await sendUsers(req, res, { link: null, error });
      return;
    }
    res.redirect(303, listOf(req));
  });

  // Answers with the page instead of a redirect: the link is kept nowhere that a second page could read.
  router.post('/:id/reset-link', async (req, res) => {
    const { viewer } = pageContext(res);
    const link = await createResetLinkFor(deps, { viewer, user_id: req.params.id });
    await sendUsers(req, res, { link, error: null });
  });

  return router;
}

/** The list that somebody was at: searched for, and turned over. */
function listOf(req: Request<{ id: string }>): string {
  const { search, page } = Query.parse(req.query);
  return `/admin/users?${new URLSearchParams({ search, page: String(page) }).toString()}`;
}

function readGrant(body: unknown) {
  const parsed = GrantForm.safeParse(body);
  const grant = parsed.success ? parseGrant(parsed.data.grant) : null;
  if (grant === null) throw new AppError('BAD_REQUEST');
  return grant;
}
