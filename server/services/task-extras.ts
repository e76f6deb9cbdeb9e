/** What a task brings to the board of a phase besides its data: published results and baselines. */
import { createReadStream } from 'node:fs';
import { basename, join } from 'node:path';

import type { Deps } from '../deps.ts';
import { selectPhase } from '../models/phases.ts';
import { storeReferences } from './leaderboards.ts';
import { hasBaseline, submitBaseline, type SubmittedFile } from './submissions.ts';
import { findTaskFolder, readTaskSpec } from './tasks.ts';

const MIB = 1024 * 1024;

/**
 * Stores the references of the phase's task and queues its baselines; what is there already stays.
 *
 * @returns how many baselines were queued now.
 */
export async function addTaskExtras(deps: Deps, phase_id: string): Promise<number> {
  const phase = await selectPhase(deps.db, phase_id);
  const { spec } = await readTaskSpec(deps, phase.task_version_id);
  await storeReferences(deps, { phase_id, references: spec.references });
  const folder = await findTaskFolder(deps, phase.task_version_id);
  let queued = 0;
  for (const { name, artifact, source } of spec.baselines) {
    if (await hasBaseline(deps, { phase_id, name: name.en })) continue;
    const files: SubmittedFile[] = [];
    for (const file of artifact) {
      const stored = await deps.storage.put(createReadStream(join(folder, file)), {
        maxBytes: spec.limits.artifact_mb * MIB,
      });
      files.push({ name: basename(file), ...stored });
    }
    await submitBaseline(deps, { phase_id, name, source, files });
    queued += 1;
  }
  return queued;
}
