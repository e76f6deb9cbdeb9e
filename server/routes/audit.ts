/** All submissions of a competition, for its instructors and organizers; for others as if it did not exist. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { Router } from 'express';
import { z } from 'zod';

import { translate } from '../../views/language.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { csvLine } from '../lib/csv.ts';
import { pageContext } from '../middleware/context.ts';
import type { Pages } from '../middleware/pages.ts';
import {
  presentAudit,
  presentAuditTrail,
  resultCells,
  RESULT_HEADER,
} from '../presenters/audit.ts';
import {
  exportResults,
  openSubmittedFile,
  readAuditPage,
  readAuditTrail,
  type ExportedResult,
} from '../services/auditing.ts';
import { readResult } from '../services/results.ts';

const STATUSES = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
const Query = z.object({
  status: z.enum(STATUSES).optional().catch(undefined),
  entry: z.string().max(40).optional().catch(undefined),
  search: z.string().trim().max(80).catch(''),
  page: z.coerce.number().int().min(1).max(1_000_000).catch(1),
});

export function auditRoutes(deps: Deps, pages: Pages): Router {
  const router = Router();

  router.get('/competitions/:slug/audit', async (req, res) => {
    const { viewer, language } = pageContext(res);
    const { status, entry, search, page } = Query.parse(req.query);
    const data = await readAuditPage(deps, {
      slug: req.params.slug,
      viewer,
      page,
      status,
      entry_id: entry,
      search,
    });
    pages.send(res, {
      name: 'pages/audit/index',
      title: translate(language, 'audit.title'),
      path: req.originalUrl,
      model: presentAudit(language, data, { status: status ?? null, entry: entry ?? null, search }),
    });
  });

  router.get('/competitions/:slug/audit/results.csv', async (req, res) => {
    const { viewer } = pageContext(res);
    const { slug } = req.params;
    const { columns, rows } = await exportResults(deps, { slug, viewer });
    res
      .attachment(`${slug}-results.csv`)
      .type('text/csv')
      .set('Cache-Control', 'private, no-store');
    await pipeline(Readable.from(csvLines(columns, rows)), res);
  });

  router.get('/submissions/:id/audit', async (req, res) => {
    const { viewer, language } = pageContext(res);
    const submission_id = req.params.id;
    const trail = await readAuditTrail(deps, { submission_id, viewer });
    const result = await readResult(deps, { submission_id, viewer });
    pages.send(res, {
      name: 'pages/audit/show',
      title: translate(language, 'audit.one_title'),
      path: req.originalUrl,
      model: presentAuditTrail(language, result, trail),
    });
  });

  // Never shown by a browser: what entrants send is downloaded as bytes, whatever it says that it is.
  router.get('/submissions/:id/files/:index', async (req, res) => {
    const { viewer } = pageContext(res);
    const { id, index } = req.params;
    if (!/^\d{1,3}$/u.test(index)) throw new AppError('NOT_FOUND');
    const file = await openSubmittedFile(deps, { submission_id: id, index: Number(index), viewer });
    res
      .attachment(file.name)
      .type('application/octet-stream')
      .set('Content-Length', String(file.bytes))
      .set('Cache-Control', 'private, no-store');
    await pipeline(file.stream, res);
  });

  return router;
}

async function* csvLines(
  columns: readonly string[],
  rows: AsyncIterable<ExportedResult>,
): AsyncIterable<string> {
  // The mark by which Excel knows UTF-8: without it the names of half a class are garbled.
  yield `\ufeff${csvLine([...RESULT_HEADER, ...columns])}`;
  for await (const row of rows) yield csvLine(resultCells(row, columns));
}
