import { z } from 'zod';

import type { Deps } from '../../deps.ts';
import type { AttemptOutcome } from '../../services/evaluations.ts';
import { importTask as runImport } from '../../services/task-imports.ts';
import type { Job } from '../queue.ts';

const Payload = z.object({ import_id: z.string() });

/** @param signal aborted with a `RunStopped`. */
export function importTask(deps: Deps, job: Job, signal: AbortSignal): Promise<AttemptOutcome> {
  const { import_id } = Payload.parse(job.payload);
  return runImport(deps, { import_id, attempt: job.attempt, signal });
}
