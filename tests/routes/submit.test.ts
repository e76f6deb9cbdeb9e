import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { createApp } from '../../server/app.ts';
import type { Deps } from '../../server/deps.ts';
import { until } from '../stories/run-queue.ts';
import { makeDeps } from '../factories/deps.ts';
import { makeCompetition } from '../factories/records.ts';
import { makeVisitor } from './visitor.ts';

const MODEL = [{ name: 'model.onnx', content: 'not opened here' }];

/** Names of all files in the storage, finished or still arriving. */
async function storedFiles(deps: Deps): Promise<string[]> {
  const folder = path.join(deps.config.DATA_DIR, 'storage');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

async function makeEntrant(env: Record<string, string> = {}, phase = {}) {
  const deps = await makeDeps(env);
  const { slug } = await makeCompetition(deps, { phase });
  const visitor = makeVisitor(deps);
  await visitor.signUp();
  return { deps, slug, visitor, page: `/competitions/${slug}/submit` };
}

describe('submitting by the form', () => {
  it('stores the files, queues an evaluation and leads to its page', async () => {
    const { deps, slug, visitor } = await makeEntrant();
    const files = [
      { name: 'model.onnx', content: 'graph' },
      { name: 'model.onnx.data', content: 'weights' },
    ];
    const fields = { layout: 'nhwc', scale: '0.5', mean: '0.1', std: '0.2', note: 'first <try>' };
    const answer = await visitor.upload(slug, files, fields);
    expect(answer.status).toBe(303);

    const submission = await deps.db
      .selectFrom('submissions')
      .selectAll()
      .executeTakeFirstOrThrow();
    expect(answer.headers['location']).toBe(`/submissions/${submission.id}`);
    expect(JSON.parse(submission.options_json)).toEqual({
      layout: 'nhwc',
      scale: 0.5,
      mean: [0.1],
      std: [0.2],
    });
    expect(await storedFiles(deps)).toHaveLength(2);
    const evaluation = await deps.db
      .selectFrom('evaluations')
      .selectAll()
      .executeTakeFirstOrThrow();
    expect(evaluation.status).toBe('queued');

    const page = await visitor.get(`/submissions/${submission.id}`);
    expect(page.text).toContain('Next in line');
    expect(page.text).toContain('model.onnx.data');
    expect(page.text).toContain('first &lt;try&gt;');
    const feed =
      'Layout: Channels last (N, H, W, C); Scale: 0.5; Mean: 0.1; Standard deviation: 0.2';
    expect(page.text).toContain(feed);
    // Where scripts are off the page reloads by itself.
    expect(page.text).toContain('<noscript><meta http-equiv="refresh"');
  });

  it('keeps names in other scripts as they are', async () => {
    const { deps, slug, visitor } = await makeEntrant();
    await visitor.upload(slug, [{ name: 'años-数.onnx', content: 'x' }]);
    const { files_json } = await deps.db
      .selectFrom('submissions')
      .selectAll()
      .executeTakeFirstOrThrow();
    expect(files_json).toContain('años-数.onnx');
  });

  it('asks to log in first and comes back', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps);
    const visitor = makeVisitor(deps);
    const page = await visitor.get(`/competitions/${slug}/submit`);
    expect(page.text).toContain(`/login?next&#x3D;%2Fcompetitions%2F${slug}%2Fsubmit`);
    const answer = await visitor.agent.post(`/competitions/${slug}/submit`).field('csrf', 'x');
    expect(answer.status).toBe(401);
    expect(answer.text).toContain('href="/login"');
  });

  it.each([
    ['no file', [], {}, 422, 'The submission came without a file.'],
    ['a hidden name', [{ name: '.onnx', content: 'x' }], {}, 422, 'cannot be used'],
    ['two files of one name', [...MODEL, ...MODEL], {}, 422, 'Two files are called “model.onnx”.'],
    ['a scale that is no number', MODEL, { scale: 'abc' }, 422, 'A number between'],
    ['a deviation of zero', MODEL, { std: '0.3,0' }, 422, 'Must not be 0.'],
    ['a gap in a list', MODEL, { mean: '0.1,,0.2' }, 422, 'Numbers with commas between'],
    ['an unknown layout', MODEL, { layout: 'nwhc' }, 422, 'One of the layouts in the list.'],
    ['a long note', MODEL, { note: 'x'.repeat(501) }, 422, 'At most 500 characters.'],
  ])('refuses %s with the reason and keeps nothing', async (_what, files, fields, status, text) => {
    const { deps, slug, visitor } = await makeEntrant();
    const answer = await visitor.upload(slug, files, fields);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(text);
    expect(await storedFiles(deps)).toEqual([]);
    expect(await deps.db.selectFrom('submissions').selectAll().execute()).toEqual([]);
  });

  it('takes files up to the cap, together, and refuses one byte more', async () => {
    const { deps, slug, visitor } = await makeEntrant({ UPLOAD_MAX_MB: '1' });
    const half = { content: Buffer.alloc(512 * 1024) };
    const files = [
      { name: 'a.bin', ...half },
      { name: 'b.bin', ...half },
    ];
    const over = await visitor.upload(slug, [...files, { name: 'c.bin', content: 'x' }]);
    expect(over.status).toBe(413);
    expect(over.text).toContain('larger than 1 MiB together');
    expect(await storedFiles(deps)).toEqual([]);
    expect((await visitor.upload(slug, files)).status).toBe(303);
    expect(await storedFiles(deps)).toHaveLength(2);
  });

  it('refuses more files than are allowed and keeps none', async () => {
    const { deps, slug, visitor } = await makeEntrant({ UPLOAD_MAX_FILES: '2' });
    const files = ['a', 'b', 'c'].map((name) => ({ name, content: name }));
    const answer = await visitor.upload(slug, files);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('A submission has at most 2 files.');
    expect(await storedFiles(deps)).toEqual([]);
  });

  it('refuses a body that ends too early and keeps nothing', async () => {
    const { deps, visitor, page } = await makeEntrant();
    const csrf = await visitor.formToken(page);
    const answer = await visitor.agent
      .post(page)
      .set('content-type', 'multipart/form-data; boundary=cut')
      .send(
        `--cut\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n${csrf}\r\n` +
          '--cut\r\nContent-Disposition: form-data; name="files"; filename="m.onnx"\r\n\r\nhalf of it',
      );
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('The upload ended before it was complete.');
    await until(async () => (await storedFiles(deps)).length === 0, 'an empty storage');
  });

  it('keeps nothing of a client that goes away in the middle', async () => {
    const { deps, visitor, page } = await makeEntrant();
    const server = createServer(createApp(deps));
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;

    const csrf = await visitor.formToken(page);
    const client = connect(port, '127.0.0.1');
    client.write(
      `POST ${page} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nCookie: ${visitor.cookies()}\r\n` +
        'Content-Type: multipart/form-data; boundary=cut\r\nContent-Length: 100000\r\n\r\n' +
        `--cut\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n${csrf}\r\n` +
        '--cut\r\nContent-Disposition: form-data; name="files"; filename="m.onnx"\r\n\r\nhalf of it',
    );
    await until(async () => (await storedFiles(deps)).length === 1, 'the first bytes');
    client.destroy();
    await until(async () => (await storedFiles(deps)).length === 0, 'an empty storage');
    expect(await deps.db.selectFrom('submissions').selectAll().execute()).toEqual([]);
  });

  it('shows the quota, counts down and says when it refills', async () => {
    const { slug, visitor, page } = await makeEntrant({}, { daily_limit: 2 });
    expect((await visitor.get(page)).text).toContain('2 submissions left today');
    await visitor.upload(slug, MODEL);
    expect((await visitor.get(page)).text).toContain('1 submission left today');
    await visitor.upload(slug, MODEL);
    const refused = await visitor.upload(slug, MODEL);
    expect(refused.status).toBe(429);
    expect(refused.text).toContain('You have used up today’s quota of submissions: 2.');
    expect(refused.text).toContain('3 Mar 2026, 00:00 UTC');
  });

  it('says above the form that the quota is used up, before a file is chosen', async () => {
    const { slug, visitor, page } = await makeEntrant({}, { daily_limit: 1 });
    await visitor.upload(slug, MODEL);
    const { text } = await visitor.get(page);
    expect(text).toContain('You have used up today’s quota of submissions: 1.');
    expect(text).toContain('The quota refills at 3 Mar 2026, 00:00 UTC.');
    expect(text).toMatch(/<button class="button" disabled/u);
  });

  it('promises no refill where the phase takes nothing more', async () => {
    const { slug, visitor, page } = await makeEntrant({}, { total_limit: 1 });
    await visitor.upload(slug, MODEL);
    const { text } = await visitor.get(page);
    expect(text).toContain('No submissions left in this phase');
    expect(text).toContain('You have used up the quota of submissions of this phase: 1.');
    expect(text).not.toContain('Refills');
  });

  it('lets exactly one of several uploads at once through at a limit of one', async () => {
    const { deps, slug, visitor } = await makeEntrant({}, { daily_limit: 1 });
    const answers = await Promise.all(Array.from({ length: 6 }, () => visitor.upload(slug, MODEL)));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([303, 429, 429, 429, 429, 429]);
    expect(await storedFiles(deps)).toHaveLength(1);
    expect(await deps.db.selectFrom('submissions').selectAll().execute()).toHaveLength(1);
  });

  it('takes nothing before the phase starts or after it ends, and says when', async () => {
    const early = await makeEntrant(
      {},
      { starts_at: '2026-03-05T09:30:00.000Z', ends_at: '2026-04-05T09:30:00.000Z' },
    );
    const { text } = await early.visitor.get(early.page);
    expect(text).toContain('This phase has not started');
    expect(text).toContain('It starts 5 Mar 2026, 09:30 UTC.');
    expect(text).not.toContain('type="file"');
    const late = await makeEntrant({}, { ends_at: '2026-03-01T23:59:00.000Z' });
    const page = await late.visitor.get(late.page);
    expect(page.text).toContain('This phase is closed');
    expect(page.text).not.toContain('type="file"');
  });
});

describe('a submission', () => {
  it('is for its owner and nobody else', async () => {
    const { deps, slug, visitor } = await makeEntrant();
    const { headers } = await visitor.upload(slug, MODEL);
    const page = headers['location'] ?? '';
    const other = makeVisitor(deps);
    expect((await other.get(page)).status).toBe(404);
    await other.signUp('Eve', 'eve@certamen.example');
    expect((await other.get(page)).status).toBe(404);
    expect((await other.post('/account', `${page}/cancel`)).status).toBe(404);
    expect((await other.get('/submissions')).text).toContain('Nothing submitted yet');
    expect((await visitor.get('/submissions')).text).toContain('model.onnx');
  });

  it('can be cancelled while it waits', async () => {
    const { slug, visitor } = await makeEntrant();
    const page = (await visitor.upload(slug, MODEL)).headers['location'] ?? '';
    expect((await visitor.post(page, `${page}/cancel`)).status).toBe(303);
    const after = await visitor.get(page);
    expect(after.text).toContain('data-status="cancelled"');
    expect(after.text).not.toContain('data-live');
  });
});
