/** A competition: its page, its data, its leaderboard. */
import { Router, type Request, type Response } from 'express';

import { localized, translate } from '../../views/language.ts';
import { buildDownload, listDownloads } from '../../tasks/downloads.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { pageContext } from '../middleware/context.ts';
import type { Pages } from '../middleware/pages.ts';
import { limitRate } from '../middleware/rate-limit.ts';
import { presentCosts, presentProgress } from '../presenters/board-charts.ts';
import { boardCsv } from '../presenters/board-csv.ts';
import { boardHref, presentBoard } from '../presenters/board.ts';
import { defaultPair, presentComparison } from '../presenters/comparison.ts';
import { presentCompetition } from '../presenters/competition.ts';
import { presentEntry } from '../presenters/entry.ts';
import { presentError } from '../presenters/error.ts';
import { presentHead, type CompetitionTab } from '../presenters/head.ts';
import { presentMeter } from '../presenters/meter.ts';
import { presentShakeUp } from '../presenters/shake-up.ts';
import { readCompetitionPages } from '../services/competition-pages.ts';
import { compareEntries, type Comparison } from '../services/comparisons.ts';
import type { Viewer } from '../services/access.ts';
import { readBoardCosts, readBoardHistory } from '../services/board-history.ts';
import {
  choosePhase,
  findCompetition,
  type CompetitionView,
  type PhaseView,
} from '../services/competitions.ts';
import { readEntry } from '../services/entry-pages.ts';
import { readBoard } from '../services/leaderboards.ts';
import { readOwnMeter } from '../services/meters.ts';
import { readShakeUp } from '../services/shake-ups.ts';
import { countRows, drawSamples, hasSamples, readStarterFiles } from '../services/task-pages.ts';
import { openTask } from '../services/tasks.ts';

const MINUTE_MS = 60 * 1000;
/** Every row of a board costs more than a page of them. */
const EXPORTS_PER_MINUTE = 20;
/** Each may take seconds of a processor. */
const COMPARISONS_PER_MINUTE = 60;

export interface Place {
  readonly competition: CompetitionView;
  readonly phase: PhaseView;
}

/** What `/competitions/:slug…?phase=` names. @throws AppError COMPETITION_NOT_FOUND, PHASE_NOT_FOUND */
export async function findPlace(
  deps: Deps,
  req: Request<{ slug: string }>,
  res: Response,
): Promise<Place> {
  const { viewer } = pageContext(res);
  const competition = await findCompetition(deps, { slug: req.params.slug, viewer });
  return { competition, phase: choosePhase(competition, readText(req.query['phase'])) };
}

export function headOf(res: Response, place: Place, tab: CompetitionTab) {
  const { language, now } = pageContext(res);
  return presentHead(language, place.competition, place.phase, tab, now);
}

export function readText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A page number of a query; 1 for anything that is none. */
export function readPage(value: unknown): number {
  const text = readText(value);
  return text !== undefined && /^[1-9]\d{0,5}$/u.test(text) ? Number(text) : 1;
}

/** What somebody sees with an account may be a draft, which no cache on the way may give to others. */
function sharing(res: Response): 'public' | 'private' {
  return pageContext(res).viewer === null ? 'public' : 'private';
}

export function competitionRoutes(deps: Deps, pages: Pages): Router {
  const router = Router();
  const built = new Map<string, Promise<Uint8Array | null>>();

  router.get('/:slug', async (req, res) => {
    const place = await findPlace(deps, req, res);
    const { competition, phase } = place;
    const { language, viewer } = pageContext(res);
    const task = await openTask(deps, phase.task_version_id);
    const meter = await readOwnMeter(deps, { phase_id: phase.id, viewer });
    pages.send(res, {
      name: 'pages/competitions/show',
      title: localized(language, competition.title),
      path: req.originalUrl,
      model: {
        head: headOf(res, place, 'overview'),
        ...presentCompetition(language, competition, phase, {
          rows: await countRows(task),
          starters: await readStarterFiles(task),
          downloads: listDownloads(task.spec),
          samples: hasSamples(task.spec),
          pages: await readCompetitionPages(deps, competition.id),
        }),
        meter: meter === null ? null : presentMeter(language, meter),
      },
    });
  });

  router.get('/:slug/samples.png', async (req, res) => {
    const { phase } = await findPlace(deps, req, res);
    const picture = await drawSamples(await openTask(deps, phase.task_version_id));
    if (picture === null) throw new AppError('NOT_FOUND');
    res.set('Cache-Control', `${sharing(res)}, max-age=86400`);
    res.type('png').send(picture);
  });

  router.get('/:slug/data/:file', async (req, res) => {
    const { phase } = await findPlace(deps, req, res);
    const task = await openTask(deps, phase.task_version_id);
    const download = listDownloads(task.spec).find(({ name }) => name === req.params.file);
    if (download === undefined) throw new AppError('NOT_FOUND');
    // The same bytes each time, and compressing them takes a while.
    const key = `${task.version}/${download.name}`;
    const bytes = built.get(key) ?? buildDownload(task, download.name);
    built.set(key, bytes);
    const body = await bytes.catch((error: unknown) => {
      built.delete(key);
      throw error;
    });
    if (body === null) throw new AppError('NOT_FOUND');
    res.set('Cache-Control', `${sharing(res)}, max-age=3600`);
    // Express would read all of it again for each answer to make one.
    res.set('ETag', `"${task.version}"`);
    // The same memory for every reader, however slow.
    const shared = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    res.attachment(download.name).type(download.media_type).send(shared);
  });

  router.get('/:slug/starter/:file', async (req, res) => {
    const { phase } = await findPlace(deps, req, res);
    const files = await readStarterFiles(await openTask(deps, phase.task_version_id));
    const file = files.find(({ name }) => name === req.params.file);
    if (file === undefined) throw new AppError('NOT_FOUND');
    res.attachment(file.name).type('text/plain').send(file.text);
  });

  router.get('/:slug/leaderboard', async (req, res) => {
    const place = await findPlace(deps, req, res);
    const { competition, phase } = place;
    const { language, viewer } = pageContext(res);
    const board = await readBoard(deps, {
      phase_id: phase.id,
      split: readText(req.query['split']),
      page: readPage(req.query['page']),
      sort: readText(req.query['sort']),
      viewer,
    });
    const hide = req.query['rows'] === 'entries';
    if (board.page > board.pages) {
      const { split, sort, pages: last } = board;
      res.redirect(
        303,
        boardHref(competition, { phase: phase.slug, split, page: last, hide, sort }),
      );
      return;
    }
    const query = { phase, split: board.split, page: board.page, hide };
    const of = { phase_id: phase.id, split: board.split, viewer };
    // Below the first page: further ones are for looking a row up.
    const withCharts = board.page === 1 && board.entries > 0;
    pages.send(res, {
      name: 'pages/competitions/leaderboard',
      title: `${translate(language, 'board.title')}: ${localized(language, competition.title)}`,
      path: req.originalUrl,
      model: {
        head: headOf(res, place, 'leaderboard'),
        full_board: true,
        ...presentBoard(language, competition, board, query, viewer !== null),
        progress: withCharts ? presentProgress(language, await readBoardHistory(deps, of)) : null,
        costs: withCharts ? presentCosts(language, await readBoardCosts(deps, of)) : null,
      },
    });
  });

  const slowly = limitRate({ windowMs: MINUTE_MS, limit: EXPORTS_PER_MINUTE });
  router.get('/:slug/leaderboard.csv', slowly);
  router.get('/:slug/leaderboard.csv', async (req, res) => {
    const { phase } = await findPlace(deps, req, res);
    const { language, viewer } = pageContext(res);
    const split = readText(req.query['split']);
    const board = await readBoard(deps, { phase_id: phase.id, split, page: 'all', viewer });
    res.set('Cache-Control', 'private, no-cache');
    res.set('Vary', 'Cookie, Accept-Language');
    res.attachment(`${req.params.slug}-${phase.slug}-${board.split}.csv`);
    res.type('text/csv; charset=utf-8').send(boardCsv(language, board));
  });

  router.get('/:slug/entries/:id', async (req, res) => {
    const place = await findPlace(deps, req, res);
    const { competition, phase } = place;
    const { language, viewer } = pageContext(res);
    const entry = await readEntry(deps, {
      entry_id: req.params.id,
      phase_id: phase.id,
      split: readText(req.query['split']),
      viewer,
    });
    pages.send(res, {
      name: 'pages/competitions/entry',
      title: `${localized(language, entry.name)}: ${localized(language, competition.title)}`,
      path: req.originalUrl,
      model: {
        head: headOf(res, place, 'leaderboard'),
        ...presentEntry(language, competition, phase, entry),
      },
    });
  });

  router.get('/:slug/compare', limitRate({ windowMs: MINUTE_MS, limit: COMPARISONS_PER_MINUTE }));
  router.get('/:slug/compare', async (req, res) => {
    const place = await findPlace(deps, req, res);
    const { competition, phase } = place;
    const { language, viewer } = pageContext(res);
    const split = readText(req.query['split']);
    const board = await readBoard(deps, { phase_id: phase.id, split, viewer });
    const rows = board.own_row === null ? board.rows : [...board.rows, board.own_row];
    const start = defaultPair(rows);
    const a = readText(req.query['a']) ?? start.a;
    const query = {
      split: board.split,
      metric: readText(req.query['metric']) ?? phase.primary_metric,
      a,
      b: readText(req.query['b']) ?? (start.b === a ? start.a : start.b),
    };
    const { comparison, refusal } = await compareOrRefuse({ ...query, phase_id: phase.id, viewer });
    const model = presentComparison(language, competition, phase, {
      query,
      rows,
      metrics: board.metrics,
      problem: refusal === null ? null : presentError(language, refusal),
      comparison,
    });
    const title = model.result?.question ?? translate(language, 'compare.title');
    pages.send(res, {
      name: 'pages/competitions/compare',
      title: `${title} ${localized(language, competition.title)}`,
      path: req.originalUrl,
      model: { head: headOf(res, place, 'leaderboard'), ...model },
      status: refusal?.status ?? 200,
    });
  });

  /** A pair that cannot be compared is said on the page, where another one can be picked. */
  async function compareOrRefuse(input: {
    phase_id: string;
    split: string;
    metric: string;
    a: string | null;
    b: string | null;
    viewer: Viewer | null;
  }): Promise<{ comparison: Comparison | null; refusal: AppError | null }> {
    const { a, b } = input;
    if (a === null || b === null || a === b) return { comparison: null, refusal: null };
    try {
      return { comparison: await compareEntries(deps, { ...input, a, b }), refusal: null };
    } catch (error) {
      if (error instanceof AppError) return { comparison: null, refusal: error };
      throw error;
    }
  }

  router.get('/:slug/shake-up', async (req, res) => {
    const place = await findPlace(deps, req, res);
    const { competition, phase } = place;
    const { language, viewer } = pageContext(res);
    const shakeUp = await readShakeUp(deps, { phase_id: phase.id, viewer });
    pages.send(res, {
      name: 'pages/competitions/shake-up',
      title: `${translate(language, 'shakeup.title')}: ${localized(language, competition.title)}`,
      path: req.originalUrl,
      model: {
        head: headOf(res, place, 'leaderboard'),
        ...presentShakeUp(language, competition, phase, shakeUp),
      },
    });
  });

  return router;
}
