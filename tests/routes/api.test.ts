import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { createApiToken } from '../../server/services/api-tokens.ts';
import { makeDeps } from '../factories/deps.ts';
import { makeCompetition, makeUser } from '../factories/records.ts';
import { runQueue } from '../stories/run-queue.ts';
import { makeVisitor } from './visitor.ts';

const LOGREG = path.resolve(import.meta.dirname, '../../tasks/digits/baselines/logreg.onnx');

describe('the public API', () => {
  it('lists competitions and describes one', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps);
    await makeCompetition(deps, { state: 'draft' });
    const visitor = makeVisitor(deps);
    const list = await visitor.get('/api/v1/competitions');
    expect(list.body).toEqual({
      items: [
        {
          slug,
          title: { en: 'Digits', es: 'Dígitos' },
          summary: { en: 'Which digit?', es: '¿Qué dígito?' },
          url: `http://127.0.0.1:8080/competitions/${slug}`,
        },
      ],
      next: null,
    });
    const one = await visitor.get(`/api/v1/competitions/${slug}`);
    expect(one.body).toMatchObject({
      slug,
      phases: [
        {
          slug: 'open',
          state: 'open',
          daily_limit: 20,
          splits: ['public'],
          primary_metric: 'top1_error',
          task: { name: 'digits', metrics: ['top1_error', 'top5_error'] },
        },
      ],
    });
    expect(list.headers['set-cookie']).toBeUndefined();
  });

  it('takes a submission by token and follows it to its place on the board', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps);
    const user = await makeUser(deps, { name: 'Ada' });
    const { token } = await createApiToken(deps, { user, name: 'notebook' });
    const { agent } = makeVisitor(deps);
    const sent = await agent
      .post(`/api/v1/competitions/${slug}/submissions`)
      .set('authorization', `Bearer ${token}`)
      .field('note', 'by API')
      .field('scale', '0.00390625')
      .attach('files', await readFile(LOGREG), { filename: 'logreg.onnx' });
    expect(sent.status).toBe(202);
    const { id } = sent.body as { id: string };
    expect(sent.body).toEqual({
      id,
      status: 'queued',
      url: `http://127.0.0.1:8080/api/v1/submissions/${id}`,
      page: `http://127.0.0.1:8080/submissions/${id}`,
    });
    expect(sent.headers['location']).toBe(`/api/v1/submissions/${id}`);

    const ask = () =>
      agent.get(`/api/v1/submissions/${id}`).set('authorization', `Bearer ${token}`);
    expect((await ask()).body).toMatchObject({ status: 'queued', queue: { position: 1 } });
    await runQueue(deps);
    const result = await ask();
    expect(result.body).toMatchObject({
      status: 'succeeded',
      rank: 1,
      note: 'by API',
      options: { scale: 0.003_906_25 },
      failure: null,
      splits: [{ split: 'public', rows: 1000, scores: { top1_error: 0.094 } }],
    });
    expect(JSON.stringify(result.body)).not.toContain('private');

    const board = await agent.get(`/api/v1/competitions/${slug}/leaderboard`);
    expect(board.body).toMatchObject({
      split: 'public',
      entries: 1,
      page: 1,
      pages: 1,
      next: null,
      items: [{ rank: 1, name: 'Ada', kind: 'entry', scores: { top1_error: 0.094 } }],
    });
    const hidden = await agent.get(`/api/v1/competitions/${slug}/leaderboard?split=private`);
    expect(hidden.status).toBe(403);
    expect(hidden.body).toMatchObject({ error: { code: 'SPLIT_NOT_REVEALED' } });
  });

  it('explains a failed submission', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const { token } = await createApiToken(deps, { user, name: 'notebook' });
    const { agent } = makeVisitor(deps);
    const sent = await agent
      .post(`/api/v1/competitions/${slug}/submissions`)
      .set('authorization', `Bearer ${token}`)
      .attach('files', Buffer.from('weights'), { filename: 'model.pt' });
    const { id } = sent.body as { id: string };
    await runQueue(deps);
    const result = await agent
      .get(`/api/v1/submissions/${id}`)
      .set('authorization', `Bearer ${token}`)
      .set('accept-language', 'es');
    expect(result.body).toMatchObject({
      status: 'failed',
      costs_quota: false,
      failure: {
        kind: 'submission',
        code: 'BAD_FORMAT',
        reason: 'framework-weights',
        next_step: 'Exporta el modelo a ONNX con las líneas de abajo y envía el resultado.',
        next_lines: expect.stringContaining('torch.onnx.export') as string,
      },
    });
  });

  it('refuses a submission without a token, with a wrong one and with a session only', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps);
    const visitor = makeVisitor(deps);
    await visitor.signUp();
    for (const authorization of [undefined, 'Bearer nonsense', 'Basic YTpi', 'Bearer ']) {
      const sending = visitor.agent
        .post(`/api/v1/competitions/${slug}/submissions`)
        .attach('files', Buffer.from('x'), { filename: 'model.onnx' });
      if (authorization !== undefined) void sending.set('authorization', authorization);
      const answer = await sending;
      expect(answer.status).toBe(401);
      expect(answer.body).toMatchObject({ error: { code: 'TOKEN_INVALID' } });
    }
    expect(await deps.db.selectFrom('submissions').selectAll().execute()).toEqual([]);
  });

  it('keeps submissions of others to themselves', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps);
    const [ada, eve] = [await makeUser(deps), await makeUser(deps)];
    const [ofAda, ofEve] = await Promise.all(
      [ada, eve].map(async (user) => (await createApiToken(deps, { user, name: 'x' })).token),
    );
    const { agent } = makeVisitor(deps);
    const sent = await agent
      .post(`/api/v1/competitions/${slug}/submissions`)
      .set('authorization', `Bearer ${ofAda ?? ''}`)
      .attach('files', Buffer.from('x'), { filename: 'model.onnx' });
    const { id } = sent.body as { id: string };
    const asEve = agent.get(`/api/v1/submissions/${id}`);
    expect((await asEve.set('authorization', `Bearer ${ofEve ?? ''}`)).status).toBe(404);
    expect((await agent.get(`/api/v1/submissions/${id}`)).status).toBe(404);
  });

  it('answers errors as JSON with a stable code, whatever is asked for', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps);
    const { agent } = makeVisitor(deps);
    for (const [method, path, status, code] of [
      ['get', '/api/v1/nothing', 404, 'NOT_FOUND'],
      ['get', '/api/v1/competitions/none', 404, 'COMPETITION_NOT_FOUND'],
      ['get', `/api/v1/competitions/${slug}/leaderboard?phase=none`, 404, 'PHASE_NOT_FOUND'],
      ['get', '/api/v1/submissions/none', 404, 'SUBMISSION_NOT_FOUND'],
      ['delete', `/api/v1/competitions/${slug}`, 405, 'METHOD_NOT_ALLOWED'],
      ['get', `/api/v1/competitions/${slug}/submissions`, 405, 'METHOD_NOT_ALLOWED'],
    ] as const) {
      const answer = await agent[method](path).set('accept', 'text/html');
      expect([path, answer.status]).toEqual([path, status]);
      expect(answer.body).toEqual({
        error: {
          code,
          message: expect.any(String) as string,
          id: expect.any(String) as string,
        },
      });
    }
  });

  it('tells which options of a submission cannot be used', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps);
    const user = await makeUser(deps);
    const { token } = await createApiToken(deps, { user, name: 'x' });
    const answer = await makeVisitor(deps)
      .agent.post(`/api/v1/competitions/${slug}/submissions`)
      .set('authorization', `Bearer ${token}`)
      .field('scale', 'wide')
      .attach('files', Buffer.from('x'), { filename: 'model.onnx' });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({
      error: { code: 'INVALID_FORM', fields: { scale: 'number' } },
    });
  });
});

describe('/healthz', () => {
  it('tells that the database answers and how many workers are about', async () => {
    const deps = await makeDeps({ REQUESTS_PER_MINUTE: '1' });
    const visitor = makeVisitor(deps);
    for (let k = 0; k < 3; k++) {
      const answer = await visitor.get('/healthz');
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({ status: 'ok', workers: 0 });
    }
  });
});
