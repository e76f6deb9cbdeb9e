/** Claims jobs until there are none and tells its parent which. Arguments: database URL, owner. */
import { openDatabase } from '../../server/db/connect.ts';
import { createEmbeddedQueue } from '../../server/jobs/embedded.ts';
import { systemClock } from '../../server/lib/clock.ts';

const [url = '', owner = ''] = process.argv.slice(2);
const db = await openDatabase(url);
const queue = createEmbeddedQueue({
  db,
  clock: systemClock,
  leaseMs: 60_000,
  maxAttempts: 3,
  backoffMs: 0,
});
const claimed: string[] = [];
process.send?.('ready');
await new Promise((go) => process.once('message', go));
for (;;) {
  const job = await queue.claim(['evaluate-submission'], owner);
  if (job === null) break;
  claimed.push(job.id);
  await queue.complete(db, job.id, job.attempt);
}
await db.destroy();
process.send?.(claimed, () => process.disconnect());
