/** Submits once when told to, and tells its parent what came of it. Arguments: phase id, user as JSON, file as JSON. */
import { loadConfig } from '../../server/config.ts';
import { closeDeps, createDeps } from '../../server/deps.ts';
import { AppError } from '../../server/errors.ts';
import type { Viewer } from '../../server/services/access.ts';
import { submit, type SubmittedFile } from '../../server/services/submissions.ts';

const [phase_id = '', user = '', file = ''] = process.argv.slice(2);
const deps = await createDeps(loadConfig(process.env));
process.send?.('ready');
await new Promise((go) => process.once('message', go));
let outcome: string;
try {
  await submit(deps, {
    phase_id,
    user: JSON.parse(user) as Viewer,
    files: [JSON.parse(file) as SubmittedFile],
    options: {},
    note: '',
  });
  outcome = 'accepted';
} catch (error) {
  outcome = error instanceof AppError ? error.code : String(error);
}
await closeDeps(deps);
process.send?.(outcome, () => process.disconnect());
