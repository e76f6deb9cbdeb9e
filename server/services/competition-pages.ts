/** Markdown pages of a competition, in both languages. */
import { z } from 'zod';

import type { Localized } from '../../tasks/task.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { timestamp } from '../lib/clock.ts';
import { FIELD_LIMITS } from '../lib/field-limits.ts';
import { newId } from '../lib/ids.ts';
import {
  deleteCompetitionPage,
  listCompetitionPages,
  upsertCompetitionPage,
  type CompetitionPageRow,
} from '../models/competition-pages.ts';
import type { Viewer } from './access.ts';
import { fieldErrors } from './accounts.ts';
import { recordAudit } from './audit.ts';
import { BodySchema, OVERVIEW, SlugSchema, selectOwn, type CompetitionForm } from './organizing.ts';

const LONGEST_LIST = 20;

const title = z
  .string({ error: 'required' })
  .trim()
  .min(1, 'required')
  .max(FIELD_LIMITS.title_en.max, 'too_long');
export const PageSchema = BodySchema.extend({ title_en: title, title_es: title });

/** In their order, `overview` first. For whoever may see the competition. */
export async function readCompetitionPages(
  deps: Deps,
  competitionId: string,
): Promise<CompetitionPageRow[]> {
  const pages = await listCompetitionPages(deps.db, competitionId);
  return pages.toSorted((a, b) => Number(b.slug === OVERVIEW) - Number(a.slug === OVERVIEW));
}

/**
 * Makes the page, or replaces it.
 *
 * @param input.page slug of the page that is edited; null makes one under the slug of the form.
 * @throws AppError NOT_FOUND, PAGE_NOT_FOUND, INVALID_FORM
 */
export async function saveCompetitionPage(
  deps: Deps,
  input: { slug: string; page: string | null; viewer: Viewer | null; form: CompetitionForm },
): Promise<void> {
  const { competition, viewer } = await selectOwn(deps, input);
  // The overview has no title of its own on the page.
  const titles =
    input.page === OVERVIEW
      ? { title_en: competition.title.en, title_es: competition.title.es }
      : {};
  const parsed = PageSchema.safeParse({ ...input.form, ...titles });
  const slug = input.page ?? SlugSchema.safeParse(input.form['slug']).data ?? null;
  const fields = parsed.success ? {} : fieldErrors(parsed.error);
  if (!parsed.success || slug === null) {
    throw new AppError('INVALID_FORM', {
      fields: slug === null ? { ...fields, slug: 'slug' } : fields,
    });
  }
  const form = parsed.data;
  await deps.db.transaction().execute(async (trx) => {
    const pages = await listCompetitionPages(trx, competition.id);
    const known = pages.find((page) => page.slug === slug);
    if (input.page === null && known !== undefined) {
      throw new AppError('INVALID_FORM', { fields: { slug: 'slug_taken' } });
    }
    if (input.page !== null && known === undefined && slug !== OVERVIEW) {
      throw new AppError('PAGE_NOT_FOUND');
    }
    if (known === undefined && pages.length >= LONGEST_LIST) {
      throw new AppError('INVALID_FORM', { fields: { slug: 'invalid' } });
    }
    await storePage(deps, trx, {
      competition_id: competition.id,
      slug,
      position: known?.position ?? nextPosition(pages),
      title: { en: form.title_en, es: form.title_es },
      body: { en: form.body_en, es: form.body_es },
      actor_id: viewer.id,
    });
  });
}

function nextPosition(pages: readonly CompetitionPageRow[]): number {
  return Math.max(0, ...pages.map(({ position }) => position)) + 1;
}

/** Writes the page unless it is so already. */
export async function storePage(
  deps: Deps,
  trx: Deps['db'],
  page: {
    competition_id: string;
    slug: string;
    position: number;
    title: Localized;
    body: Localized;
    actor_id: string | null;
  },
): Promise<void> {
  const { actor_id, ...columns } = page;
  const known = (await listCompetitionPages(trx, page.competition_id)).find(
    ({ slug }) => slug === page.slug,
  );
  const same =
    known !== undefined &&
    known.position === page.position &&
    JSON.stringify([known.title, known.body]) === JSON.stringify([page.title, page.body]);
  if (same) return;
  const id = known?.id ?? newId();
  await upsertCompetitionPage(trx, { ...columns, id, updated_at: timestamp(deps.clock) });
  await recordAudit(deps, trx, {
    actor_id,
    action: known === undefined ? 'page.created' : 'page.edited',
    subject: 'competition',
    subject_id: page.competition_id,
    // The text before: pages say rules, and rules that changed must be provable.
    detail: { page: page.slug, before: known === undefined ? null : JSON.stringify(known.body) },
  });
}

/** @throws AppError NOT_FOUND, PAGE_NOT_FOUND */
export async function removeCompetitionPage(
  deps: Deps,
  input: { slug: string; page: string; viewer: Viewer | null },
): Promise<void> {
  const { competition, viewer } = await selectOwn(deps, input);
  await deps.db.transaction().execute(async (trx) => {
    const pages = await listCompetitionPages(trx, competition.id);
    const known = pages.find(({ slug }) => slug === input.page);
    const page = { competition_id: competition.id, slug: input.page };
    if (known === undefined || !(await deleteCompetitionPage(trx, page))) {
      throw new AppError('PAGE_NOT_FOUND');
    }
    await recordAudit(deps, trx, {
      actor_id: viewer.id,
      action: 'page.removed',
      subject: 'competition',
      subject_id: competition.id,
      detail: { page: input.page, before: JSON.stringify(known.body) },
    });
  });
}
