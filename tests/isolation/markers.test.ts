/** A submission that has seen hidden rows tries to tell its entrant something, in each way that it has. */
import { Readable } from 'node:stream';

import { describe, expect, it } from 'vitest';

import type { ReceiptFile } from '../../server/lib/receipt.ts';
import type { Viewer } from '../../server/services/access.ts';
import { createApiToken } from '../../server/services/api-tokens.ts';
import { readReceipt } from '../../server/services/receipts.ts';
import { readResult } from '../../server/services/results.ts';
import { makeDeps, type TestDeps } from '../factories/deps.ts';
import { makeCompetition, makeSubmission, makeUser } from '../factories/records.ts';
import { makeVisitor } from '../routes/visitor.ts';
import { runQueue } from '../stories/run-queue.ts';
import { walledLevels } from './levels.ts';

/** Fails where submissions of code are refused: every test here needs walls. */
await walledLevels();

const MARKER = 'seen-4711';

const WAYS: readonly [string, string, string, string][] = [
  [
    'the log and an error of JavaScript',
    'model.js',
    `function predict() { console.log('${MARKER}'); throw new Error('${MARKER}') }`,
    'RUN_ERROR',
  ],
  [
    'the name of an error class',
    'model.js',
    `function predict() { class E extends Error { get name() { return '${MARKER}' } }; throw new E() }`,
    'RUN_ERROR',
  ],
  [
    'what JavaScript returns',
    'model.js',
    `function predict() { return { '${MARKER}': '${MARKER}' } }`,
    'BAD_OUTPUT',
  ],
  [
    'the log and an error of Python',
    'model.py',
    `def predict(batch):\n    print("${MARKER}", flush=True)\n    raise ValueError("${MARKER}")\n`,
    'RUN_ERROR',
  ],
  [
    'an exit code of Python, and the name of a file',
    'model.py',
    `import os\ndef predict(batch):\n    open("/tmp/${MARKER}", "w").close()\n    os.write(2, b"${MARKER}")\n    os._exit(77)\n`,
    'CRASHED',
  ],
  [
    'the shape of what Python returns',
    'model.py',
    `def predict(batch):\n    return [[0.0] * 4711 for _ in batch]\n`,
    'BAD_SHAPE',
  ],
];

async function store(deps: TestDeps, name: string, content: string) {
  const stored = await deps.storage.put(Readable.from([Buffer.from(content)]), {
    maxBytes: 2 ** 20,
  });
  return { name, ...stored };
}

/** Everything that the entrant can ask for, by page and by API. */
async function everythingShown(deps: TestDeps, submission_id: string, user: Viewer) {
  const { token } = await createApiToken(deps, { user, name: 'test' });
  const visitor = makeVisitor(deps);
  await visitor.post('/login', '/login', {
    email: 'entrant@certamen.example',
    password: 'a long enough password',
  });
  const bearer = { authorization: `Bearer ${token}` };
  const answers = await Promise.all([
    visitor.get(`/submissions/${submission_id}`).expect(200),
    visitor.get(`/submissions/${submission_id}?lang=es`),
    visitor.get('/submissions').expect(200),
    visitor.get(`/submissions/${submission_id}/receipt`).expect(200),
    visitor.get(`/api/v1/submissions/${submission_id}`, bearer).expect(200),
    visitor.get(`/api/v1/submissions/${submission_id}/receipt`, bearer).expect(200),
  ]);
  return answers.map(({ text }) => text).join('\n');
}

describe('a submission that tells what it saw', () => {
  it.each(WAYS)('by %s is heard by the organizer alone', async (_way, name, content, code) => {
    const deps = await makeDeps();
    const { competition_id, phase_id } = await makeCompetition(deps);
    const user = await makeUser(deps, { email: 'entrant@certamen.example' });
    const organizer = await makeUser(deps, {
      roles: [{ scope: 'competition', scope_id: competition_id, role: 'organizer' }],
    });
    const files = [await store(deps, name, content)];
    const { submission_id } = await makeSubmission(deps, { phase_id, user, files });
    await runQueue(deps);

    const ofOrganizer = await readResult(deps, { submission_id, viewer: organizer });
    expect(ofOrganizer.failure).toMatchObject({ code });
    const heard = JSON.stringify([ofOrganizer.failure, ofOrganizer.log]);
    expect(heard).toMatch(/seen-4711|4711|77|object/u);

    const shown = await everythingShown(deps, submission_id, user);
    expect(shown).toContain(code);
    for (const word of [MARKER, 'exit code', '4711']) expect(shown).not.toContain(word);
  });

  it('is heard by its entrant where every row is public sample data', async () => {
    const deps = await makeDeps();
    const { phase_id } = await makeCompetition(deps, {
      phase: { public_split: 'train', private_split: null },
    });
    const user = await makeUser(deps, { email: 'entrant@certamen.example' });
    const [, , content] = WAYS[0] as (typeof WAYS)[number];
    const files = [await store(deps, 'model.js', content)];
    const { submission_id } = await makeSubmission(deps, { phase_id, user, files });
    await runQueue(deps);
    const result = await readResult(deps, { submission_id, viewer: user });
    expect(result.log?.text).toContain(MARKER);
    expect(String(result.failure?.params['detail'])).toContain(MARKER);
    const file: ReceiptFile = await readReceipt(deps, { submission_id, viewer: user });
    expect(Object.keys(file.opened).sort()).toEqual(['data.train', 'failure']);
    expect(await everythingShown(deps, submission_id, user)).toContain(MARKER);
    // A stranger still sees nothing at all.
    const stranger = await makeUser(deps);
    await expect(readResult(deps, { submission_id, viewer: stranger })).rejects.toMatchObject({
      code: 'SUBMISSION_NOT_FOUND',
    });
  });
});
