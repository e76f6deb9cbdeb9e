/** The form that sends a model. */
import { Router, type Request, type Response } from 'express';

import { translate, type Language } from '../../views/language.ts';
import { zonedTime } from '../../views/helpers.ts';
import type { FeedOptions } from '../../tasks/task.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { pageContext } from '../middleware/context.ts';
import { verifyFormToken } from '../middleware/csrf.ts';
import { toAppError } from '../middleware/errors.ts';
import type { Pages } from '../middleware/pages.ts';
import { limitConcurrent, UPLOADS_AT_ONCE } from '../middleware/rate-limit.ts';
import { requireViewer } from '../middleware/require-user.ts';
import { receiveUpload, type Upload } from '../middleware/upload.ts';
import { presentLanes, scaleText } from '../presenters/competition.ts';
import { presentError, type ErrorModel } from '../presenters/error.ts';
import { phaseQuery } from '../presenters/head.ts';
import { presentFields } from '../presenters/fields.ts';
import { presentMeter } from '../presenters/meter.ts';
import type { Viewer } from '../services/access.ts';
import { readOwnMeter } from '../services/meters.ts';
import { checkCanSubmit, readQuota, submit, type Quota } from '../services/submissions.ts';
import { findPlace, headOf, type Place } from './competitions.ts';

const MIB = 1024 * 1024;
const FIELDS = ['layout', 'scale', 'mean', 'std', 'note'] as const;
const NO_FIELDS = { layout: '', scale: '', mean: '', std: '', note: '' };

/** What one submission may weigh: the site's cap or the task's, whichever is less. */
export function uploadLimitMb(deps: Deps, { phase }: Place): number {
  return Math.min(deps.config.UPLOAD_MAX_MB, phase.task.limits.artifact_mb);
}

/** Stores the files, then the submission. The form and the API differ only in who asks and what they are told. */
export async function receiveSubmission(
  deps: Deps,
  req: Request,
  res: Response,
  input: {
    place: Place;
    user: Viewer;
    beforeFiles?: () => void;
    onUpload?: (upload: Upload) => void;
  },
): Promise<{ submission_id: string }> {
  const { place, user } = input;
  const phase_id = place.phase.id;
  // Before the body is read, so that nobody uploads for nothing.
  await checkCanSubmit(deps, { phase_id, user });
  const upload = await receiveUpload(deps, req, res, {
    maxBytes: uploadLimitMb(deps, place) * MIB,
    beforeFiles: input.beforeFiles,
  });
  input.onUpload?.(upload);
  return submit(deps, {
    phase_id,
    user,
    files: upload.files,
    options: readOptions(upload.fields),
    note: upload.fields['note'] ?? '',
  });
}

/** Text to numbers; what is not a number becomes NaN and is refused by the service with the field's name. */
function readOptions(fields: Upload['fields']): FeedOptions {
  const text = (name: string) => {
    const value = fields[name]?.trim();
    return value === undefined || value === '' ? undefined : value;
  };
  const numbers = (name: string) => text(name)?.split(',').map(toNumber);
  const scale = text('scale');
  return {
    layout: text('layout') as FeedOptions['layout'],
    scale: scale === undefined ? undefined : toNumber(scale),
    mean: numbers('mean'),
    std: numbers('std'),
  };
}

function toNumber(text: string): number {
  return text.trim() === '' ? NaN : Number(text);
}

export function submitRoutes(deps: Deps, pages: Pages): Router {
  const router = Router();

  async function sendForm(
    req: Request,
    res: Response,
    place: Place,
    state: { fields: Upload['fields']; error: AppError | null },
  ): Promise<void> {
    const { phase, competition } = place;
    const { language, viewer } = pageContext(res);
    const { error } = state;
    const quota =
      viewer === null ? null : await readQuota(deps, { phase_id: phase.id, user: viewer });
    const meter = await readOwnMeter(deps, { phase_id: phase.id, viewer });
    const kept = { ...NO_FIELDS, ...state.fields };
    const base = `/competitions/${competition.slug}`;
    const query = phaseQuery(competition, phase);
    pages.send(res, {
      name: 'pages/competitions/submit',
      title: translate(language, 'submit.title'),
      path: `${base}/submit${query}`,
      status: error?.status ?? 200,
      model: {
        head: headOf(res, place, 'submit'),
        is_open: phase.state === 'open',
        /** Only while it has not started; and only once it has ended. */
        starts_text:
          phase.state === 'upcoming' ? zonedTime(language, phase.starts_at, phase.time_zone) : null,
        ends_text:
          phase.state === 'closed' && phase.ends_at !== null
            ? zonedTime(language, phase.ends_at, phase.time_zone)
            : null,
        logged_in: viewer !== null,
        login_href: `/login?next=${encodeURIComponent(req.originalUrl)}`,
        signup_href: `/signup?next=${encodeURIComponent(req.originalUrl)}`,
        action: `${base}/submit${query}`,
        task_href: `${base}${query}`,
        board_href: `${base}/leaderboard${query}`,
        team_href: `${base}/team`,
        lanes: presentLanes(language, phase.task),
        limit_mb: uploadLimitMb(deps, place),
        max_files: deps.config.UPLOAD_MAX_FILES,
        meter: meter === null ? null : presentMeter(language, meter),
        quota:
          quota === null
            ? null
            : {
                ...quota,
                is_used_up: quota.left === 0,
                // Above the form, in the words of the refusal that a submission would meet.
                refusal: presentUsedUp(language, quota),
                is_over: isOver(quota),
                cells: Array.from({ length: Math.min(quota.limit, 40) }, (_, k) => ({
                  look: k < quota.used ? 'used' : 'left',
                })),
              },
        scale: scaleText(phase.task.input.scale),
        kept,
        layouts: (['', 'nchw', 'nhwc'] as const).map((value) => ({
          value,
          label: translate(language, `submit.layout_${value === '' ? 'auto' : value}`),
          selected: kept.layout === value,
        })),
        problems: presentFields(language, FIELDS, error?.fields ?? {}),
        problem:
          error === null || error.code === 'INVALID_FORM' ? null : presentError(language, error),
        has_field_problem: error?.code === 'INVALID_FORM',
        advanced_open: FIELDS.some((name) => name !== 'note' && kept[name] !== ''),
      },
    });
  }

  router.get('/:slug/submit', async (req, res) => {
    const place = await findPlace(deps, req, res);
    await sendForm(req, res, place, { fields: {}, error: null });
  });

  router.post('/:slug/submit', limitConcurrent(UPLOADS_AT_ONCE));
  router.post('/:slug/submit', async (req, res) => {
    const user = requireViewer(res);
    const place = await findPlace(deps, req, res);
    let fields: Upload['fields'] = {};
    let checked = false;
    const check = () => {
      if (!checked) verifyFormToken(req, res);
      checked = true;
    };
    try {
      const { submission_id } = await receiveSubmission(deps, req, res, {
        place,
        user,
        beforeFiles: check,
        onUpload(upload) {
          fields = upload.fields;
          // A form without a file has not been checked yet, and is refused for that only after.
          check();
        },
      });
      res.redirect(303, `/submissions/${submission_id}`);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (!FORM_ERRORS.has(error.code)) throw thrown;
      if (error.status >= 500) deps.logger.error({ err: thrown }, 'an upload was not stored');
      await sendForm(req, res, place, { fields, error });
    }
  });

  return router;
}

/** Whether the phase as a whole takes nothing more; another day does not help. */
function isOver({ total }: Quota): boolean {
  return total !== null && total.used >= total.limit;
}

function presentUsedUp(language: Language, quota: Quota): ErrorModel | null {
  const { left, limit, resets_at, total } = quota;
  if (left > 0) return null;
  return presentError(
    language,
    total !== null && isOver(quota)
      ? new AppError('TOTAL_LIMIT_REACHED', { params: { limit: total.limit } })
      : new AppError('SUBMISSION_LIMIT_REACHED', { params: { limit, resets_at } }),
  );
}

/** Told on the form itself, which keeps what was filled in. */
const FORM_ERRORS = new Set([
  'INVALID_FORM',
  'NO_FILES',
  'TOO_MANY_FILES',
  'BAD_FILE_NAME',
  'DUPLICATE_FILE_NAME',
  'UPLOAD_TOO_LARGE',
  'STORAGE_FULL',
  'SUBMISSION_LIMIT_REACHED',
  'TOTAL_LIMIT_REACHED',
  'CONCURRENT_LIMIT_REACHED',
  'FREE_FAILURE_LIMIT_REACHED',
  'PHASE_NOT_STARTED',
  'PHASE_CLOSED',
]);
