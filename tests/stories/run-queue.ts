import type { Deps } from '../../server/deps.ts';
import { startJobLoop } from '../../server/jobs/loop.ts';
import { newId } from '../../server/lib/ids.ts';

/** Polls until the answer is neither null nor false. */
export async function until<Answer>(
  ask: () => Promise<Answer | null | false>,
  what: string,
): Promise<Answer> {
  const deadline = Date.now() + 50_000;
  while (Date.now() < deadline) {
    const answer = await ask();
    if (answer !== null && answer !== false) return answer;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`it never came: ${what}`);
}

/** Runs a worker's loop in this process until no job is due. */
export async function runQueue(deps: Deps): Promise<void> {
  const loop = startJobLoop(deps, newId());
  await until(async () => {
    const due = await deps.db
      .selectFrom('jobs')
      .select('id')
      .where((eb) =>
        eb.or([
          eb('state', '=', 'running'),
          eb.and([eb('state', '=', 'queued'), eb('run_at', '<=', deps.clock.now().toISOString())]),
        ]),
      )
      .executeTakeFirst();
    return due === undefined;
  }, 'the end of the queue');
  await loop.stop();
}
