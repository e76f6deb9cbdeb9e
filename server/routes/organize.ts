/** Competitions as their organizers make and run them; for others as if it did not exist. */
import express, { Router, type Request, type Response } from 'express';

import { localized, translate } from '../../views/language.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { pageContext } from '../middleware/context.ts';
import { verifyFormToken } from '../middleware/csrf.ts';
import { toAppError } from '../middleware/errors.ts';
import type { Pages } from '../middleware/pages.ts';
import { limitConcurrent, UPLOADS_AT_ONCE } from '../middleware/rate-limit.ts';
import { receiveUpload } from '../middleware/upload.ts';
import type { ConfirmPage } from '../presenters/confirm.ts';
import { presentError } from '../presenters/error.ts';
import type { FormPage } from '../presenters/forms.ts';
import {
  phaseValues,
  presentClose,
  presentCompetitionForm,
  presentOrganized,
  presentOrganizedCompetition,
  presentPageForm,
  presentPhaseForm,
  presentRemovePage,
  presentReveal,
  presentStateQuestion,
} from '../presenters/organize.ts';
import {
  readCompetitionPages,
  removeCompetitionPage,
  saveCompetitionPage,
} from '../services/competition-pages.ts';
import { listUsableTasks, savePhase } from '../services/organizing-phases.ts';
import {
  OVERVIEW,
  closePhase,
  createCompetition,
  findOrganized,
  findOrganizedPhase,
  listLive,
  listOrganized,
  requireOrganizing,
  revealPrivateSplit,
  selectOwn,
  setCompetitionState,
  updateCompetition,
  type OrganizedCompetition,
} from '../services/organizing.ts';
import { isQueuePaused } from '../services/queue.ts';
import { listImports, sendTaskBundle } from '../services/task-imports.ts';

const MIB = 1024 * 1024;
const REFRESH_S = 2;

type Values = Readonly<Record<string, string>>;

/** Only texts, and none of a name that is no field's. */
function readForm(body: unknown): Values {
  return Object.fromEntries(
    Object.entries((body ?? {}) as Record<string, unknown>).flatMap(([name, value]) =>
      typeof value === 'string' && name !== 'csrf' ? [[name, value.replaceAll('\r\n', '\n')]] : [],
    ),
  );
}

/** The one page of a competition, which also says why a bundle was not taken. */
async function sendOrganized(
  deps: Deps,
  pages: Pages,
  req: Request<{ slug: string }>,
  res: Response,
  refusal: AppError | null,
): Promise<void> {
  const { viewer, language, now } = pageContext(res);
  const at = { slug: req.params.slug, viewer };
  const organized = await findOrganized(deps, at);
  const { competition } = organized;
  const model = presentOrganizedCompetition(language, organized, {
    now,
    pages: await readCompetitionPages(deps, competition.id),
    imports: await listImports(deps, at),
    tasks: await listUsableTasks(deps, at),
    unfinished: await listLive(deps, at),
    queue_paused: await isQueuePaused(deps),
    limit_mb: deps.config.TASK_UPLOAD_MAX_MB,
  });
  pages.send(res, {
    name: 'pages/organize/show',
    title: localized(language, competition.title),
    path: `/organize/${competition.slug}`,
    status: refusal?.status ?? 200,
    refresh_s: model.live ? REFRESH_S : null,
    model: { ...model, refusal: refusal === null ? null : presentError(language, refusal) },
  });
}

/** Reads its own body: mounted before the parser of forms, and checks the token of its form itself. */
export function organizeUploadRoutes(deps: Deps, pages: Pages): Router {
  const router = Router();
  router.post('/:slug/tasks', limitConcurrent(UPLOADS_AT_ONCE));
  router.post('/:slug/tasks', async (req, res) => {
    const { viewer } = pageContext(res);
    const { slug } = req.params;
    await selectOwn(deps, { slug, viewer });
    try {
      let checked = false;
      const check = () => {
        if (!checked) verifyFormToken(req, res);
        checked = true;
      };
      const { files } = await receiveUpload(deps, req, res, {
        maxBytes: deps.config.TASK_UPLOAD_MAX_MB * MIB,
        beforeFiles: check,
      });
      check();
      await sendTaskBundle(deps, { slug, viewer, files });
      res.redirect(303, `/organize/${slug}#tasks`);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (!UPLOAD_ERRORS.has(error.code)) throw thrown;
      await sendOrganized(deps, pages, req, res, error);
    }
  });
  // Texts of pages are longer than what other forms send.
  router.use(
    express.urlencoded({ extended: false, limit: '512kb', parameterLimit: 50, inflate: false }),
  );
  return router;
}

const UPLOAD_ERRORS = new Set([
  'TASK_NOT_A_ZIP',
  'TOO_MANY_FILES',
  'UPLOAD_TOO_LARGE',
  'UPLOAD_INCOMPLETE',
  'STORAGE_FULL',
]);

export function organizeRoutes(deps: Deps, pages: Pages): Router {
  const router = Router();

  function sendForm(req: Request, res: Response, page: FormPage): void {
    pages.send(res, {
      name: 'pages/organize/form',
      title: page.title,
      path: req.originalUrl,
      status: page.has_problem ? 422 : 200,
      model: page,
    });
  }

  function ask(req: Request, res: Response, page: ConfirmPage): void {
    const { title } = page;
    pages.send(res, { name: 'pages/confirm', title, path: req.originalUrl, model: page });
  }

  /** Runs what a form asks for; a form that does not hold is shown again with what was typed. */
  async function saving(
    res: Response,
    save: () => Promise<string>,
    again: (problems: AppError['fields']) => Promise<void> | void,
  ): Promise<void> {
    try {
      res.redirect(303, await save());
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'INVALID_FORM')) throw error;
      await again(error.fields);
    }
  }

  const own = (req: Request<{ slug: string }>, res: Response) =>
    findOrganized(deps, { slug: req.params.slug, viewer: pageContext(res).viewer });

  const titleOf = (res: Response, { competition }: OrganizedCompetition) => ({
    competition_title: localized(pageContext(res).language, competition.title),
  });

  router.get('/', async (req, res) => {
    const { viewer, language, now } = pageContext(res);
    const items = await listOrganized(deps, viewer);
    pages.send(res, {
      name: 'pages/organize/index',
      title: translate(language, 'organize.title'),
      path: req.originalUrl,
      model: presentOrganized(language, items, now),
    });
  });

  router.get('/new', (req, res) => {
    const { viewer, language } = pageContext(res);
    requireOrganizing(viewer);
    sendForm(req, res, presentCompetitionForm(language, null, { values: {}, problems: {} }));
  });

  router.post('/new', async (req, res) => {
    const { viewer, language } = pageContext(res);
    const values = readForm(req.body);
    await saving(
      res,
      async () => `/organize/${(await createCompetition(deps, { viewer, form: values })).slug}`,
      (problems) =>
        sendForm(req, res, presentCompetitionForm(language, null, { values, problems })),
    );
  });

  router.get('/:slug', async (req, res) => {
    await sendOrganized(deps, pages, req, res, null);
  });

  router.get('/:slug/edit', async (req, res) => {
    const organized = await own(req, res);
    const { title, summary, slug } = organized.competition;
    const values = {
      ...titleOf(res, organized),
      title_en: title.en,
      title_es: title.es,
      summary_en: summary.en,
      summary_es: summary.es,
    };
    const { language } = pageContext(res);
    sendForm(req, res, presentCompetitionForm(language, slug, { values, problems: {} }));
  });

  router.post('/:slug/edit', async (req, res) => {
    const { viewer, language } = pageContext(res);
    const { slug } = req.params;
    const organized = await own(req, res);
    const form = readForm(req.body);
    await saving(
      res,
      async () => {
        await updateCompetition(deps, { slug, viewer, form });
        return `/organize/${slug}`;
      },
      (problems) => {
        const values = { ...form, ...titleOf(res, organized) };
        sendForm(req, res, presentCompetitionForm(language, slug, { values, problems }));
      },
    );
  });

  for (const [path, state] of [
    ['publish', 'public'],
    ['withdraw', 'draft'],
  ] as const) {
    router.get(`/:slug/${path}`, async (req, res) => {
      const { competition, phases } = await own(req, res);
      const base = `/organize/${competition.slug}`;
      if (competition.state === state || phases.length === 0) res.redirect(303, base);
      else ask(req, res, presentStateQuestion(pageContext(res).language, competition.slug, path));
    });
    router.post(`/:slug/${path}`, async (req, res) => {
      const { viewer } = pageContext(res);
      await setCompetitionState(deps, { slug: req.params.slug, viewer, state });
      res.redirect(303, `/organize/${req.params.slug}`);
    });
  }

  router.get('/:slug/phases/new', async (req, res) => {
    const { viewer, language, now } = pageContext(res);
    const { slug } = req.params;
    const organized = await own(req, res);
    const tasks = await listUsableTasks(deps, { slug, viewer });
    if (tasks.length === 0) {
      res.redirect(303, `/organize/${slug}#tasks`);
      return;
    }
    const values = { ...phaseValues(organized, null, tasks, now), ...titleOf(res, organized) };
    const state = { values, problems: {} };
    sendForm(req, res, presentPhaseForm(language, { slug, phase: null }, tasks, state));
  });

  router.get('/:slug/phases/:phase/edit', async (req, res) => {
    const { viewer, language, now } = pageContext(res);
    const { slug, phase } = req.params;
    const { organized, item } = await findOrganizedPhase(deps, { slug, phase, viewer });
    const tasks = await listUsableTasks(deps, { slug, viewer });
    const values = { ...phaseValues(organized, item, tasks, now), ...titleOf(res, organized) };
    sendForm(
      req,
      res,
      presentPhaseForm(language, { slug, phase }, tasks, { values, problems: {} }),
    );
  });

  async function save(
    req: Request,
    res: Response,
    at: { slug: string; phase: string | null },
  ): Promise<void> {
    const { viewer, language } = pageContext(res);
    const { slug, phase } = at;
    const organized = await findOrganized(deps, { slug, viewer });
    const form = readForm(req.body);
    await saving(
      res,
      async () => {
        await savePhase(deps, { slug, phase, viewer, form });
        return `/organize/${slug}#phases`;
      },
      async (problems) => {
        const tasks = await listUsableTasks(deps, { slug, viewer });
        const values = { ...form, ...titleOf(res, organized) };
        sendForm(req, res, presentPhaseForm(language, at, tasks, { values, problems }));
      },
    );
  }

  router.post('/:slug/phases/new', (req, res) =>
    save(req, res, { slug: req.params.slug, phase: null }),
  );
  router.post('/:slug/phases/:phase/edit', (req, res) => save(req, res, req.params));

  for (const path of ['close', 'reveal'] as const) {
    router.get(`/:slug/phases/:phase/${path}`, async (req, res) => {
      const { viewer, language } = pageContext(res);
      const { slug, phase } = req.params;
      const { item } = await findOrganizedPhase(deps, { slug, phase, viewer });
      const { state, revealed } = item;
      const can =
        path === 'close'
          ? state === 'open'
          : state === 'closed' && !revealed && item.phase.private_split !== null;
      const present = path === 'close' ? presentClose : presentReveal;
      if (can) ask(req, res, present(language, slug, item));
      else res.redirect(303, `/organize/${slug}#phases`);
    });
    router.post(`/:slug/phases/:phase/${path}`, async (req, res) => {
      const { viewer } = pageContext(res);
      const { slug, phase } = req.params;
      const act = path === 'close' ? closePhase : revealPrivateSplit;
      await act(deps, { slug, phase, viewer });
      res.redirect(303, `/organize/${slug}#phases`);
    });
  }

  router.get('/:slug/pages/new', async (req, res) => {
    const organized = await own(req, res);
    const { slug } = req.params;
    const state = { values: titleOf(res, organized), problems: {} };
    sendForm(req, res, presentPageForm(pageContext(res).language, { slug, page: null }, state));
  });

  const findPage = async (organized: OrganizedCompetition, slug: string) => {
    const rows = await readCompetitionPages(deps, organized.competition.id);
    return rows.find((row) => row.slug === slug) ?? null;
  };

  router.get('/:slug/pages/:page', async (req, res) => {
    const organized = await own(req, res);
    const { slug, page } = req.params;
    const row = await findPage(organized, page);
    if (row === null && page !== OVERVIEW) throw new AppError('PAGE_NOT_FOUND');
    const values = {
      ...titleOf(res, organized),
      title_en: row?.title.en ?? '',
      title_es: row?.title.es ?? '',
      body_en: row?.body.en ?? '',
      body_es: row?.body.es ?? '',
    };
    const { language } = pageContext(res);
    sendForm(req, res, presentPageForm(language, { slug, page }, { values, problems: {} }));
  });

  async function saveText(
    req: Request,
    res: Response,
    at: { slug: string; page: string | null },
  ): Promise<void> {
    const { viewer, language } = pageContext(res);
    const { slug } = at;
    const organized = await findOrganized(deps, { slug, viewer });
    const form = readForm(req.body);
    await saving(
      res,
      async () => {
        await saveCompetitionPage(deps, { ...at, viewer, form });
        return `/organize/${slug}#pages`;
      },
      (problems) => {
        const values = { ...form, ...titleOf(res, organized) };
        sendForm(req, res, presentPageForm(language, at, { values, problems }));
      },
    );
  }

  router.post('/:slug/pages/new', (req, res) =>
    saveText(req, res, { slug: req.params.slug, page: null }),
  );
  router.post('/:slug/pages/:page', (req, res) => saveText(req, res, req.params));

  router.get('/:slug/pages/:page/remove', async (req, res) => {
    const row = await findPage(await own(req, res), req.params.page);
    if (row === null || row.slug === OVERVIEW) throw new AppError('PAGE_NOT_FOUND');
    ask(req, res, presentRemovePage(pageContext(res).language, req.params.slug, row));
  });

  router.post('/:slug/pages/:page/remove', async (req, res) => {
    const { viewer } = pageContext(res);
    const { slug, page } = req.params;
    if (page === OVERVIEW) throw new AppError('PAGE_NOT_FOUND');
    await removeCompetitionPage(deps, { slug, page, viewer });
    res.redirect(303, `/organize/${slug}#pages`);
  });

  return router;
}
