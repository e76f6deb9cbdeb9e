/** Submits small files until it is told to stop. Arguments: phase id, user as JSON. Answers with how many. */
import { Readable } from 'node:stream';

import { loadConfig } from '../../server/config.ts';
import { closeDeps, createDeps } from '../../server/deps.ts';
import type { Viewer } from '../../server/services/access.ts';
import { submit } from '../../server/services/submissions.ts';

const [phase_id = '', user = ''] = process.argv.slice(2);
const deps = await createDeps(loadConfig(process.env));
const state = { stopped: false };
process.once('message', () => (state.stopped = true));
let sent = 0;
while (!state.stopped) {
  const content = Readable.from([Buffer.alloc(20_000, sent)]);
  const stored = await deps.storage.put(content, { maxBytes: 1e6 });
  await submit(deps, {
    phase_id,
    user: JSON.parse(user) as Viewer,
    files: [{ name: 'model.onnx', ...stored }],
    options: {},
    note: '',
  });
  sent += 1;
  if (sent === 1) process.send?.('ready');
}
await closeDeps(deps);
process.send?.(sent, () => process.disconnect());
