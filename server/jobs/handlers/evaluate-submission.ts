import { z } from 'zod';

import type { Deps } from '../../deps.ts';
import { runEvaluation, type AttemptOutcome } from '../../services/evaluations.ts';
import type { Job } from '../queue.ts';

const Payload = z.object({ evaluation_id: z.string() });

/** @param signal aborted with a `RunStopped`. */
export function evaluateSubmission(
  deps: Deps,
  job: Job,
  signal: AbortSignal,
): Promise<AttemptOutcome> {
  const { evaluation_id } = Payload.parse(job.payload);
  return runEvaluation(deps, { evaluation_id, attempt: job.attempt, signal });
}
