import { describe, expect, it } from 'vitest';

import { makeDeps } from '../factories/deps.ts';
import { makeCompetition } from '../factories/records.ts';
import { makeVisitor } from './visitor.ts';

const REFUSED = 'The form was too old, or came from another site, and was not accepted.';

describe('forms from elsewhere', () => {
  it('are refused without the token of the page', async () => {
    const deps = await makeDeps();
    const visitor = makeVisitor(deps);
    await visitor.signUp();
    for (const csrf of [undefined, '', 'x'.repeat(43)]) {
      const answer = await visitor.agent.post('/logout').type('form').send({ csrf });
      expect(answer.status).toBe(403);
      expect(answer.text).toContain(REFUSED);
    }
    expect((await visitor.get('/account')).status).toBe(200);
  });

  it('are refused with a token of another session', async () => {
    const deps = await makeDeps();
    const mallory = makeVisitor(deps);
    await mallory.signUp('Mallory', 'mallory@certamen.example');
    const victim = makeVisitor(deps);
    await victim.signUp('Ada', 'ada@certamen.example');
    const csrf = await mallory.formToken('/account');
    const answer = await victim.agent
      .post('/account/tokens')
      .type('form')
      .send({ csrf, name: 'x' });
    expect(answer.status).toBe(403);
  });

  it('are refused by their origin, whatever token they carry', async () => {
    const deps = await makeDeps();
    const visitor = makeVisitor(deps);
    await visitor.signUp();
    const csrf = await visitor.formToken('/account');
    for (const origin of [
      'https://elsewhere.example',
      'null',
      'http://127.0.0.1:8080.elsewhere.example',
    ]) {
      const answer = await visitor.agent
        .post('/logout')
        .set('origin', origin)
        .type('form')
        .send({ csrf });
      expect([origin, answer.status]).toEqual([origin, 403]);
    }
    const own = await visitor.agent
      .post('/account/language')
      .set('origin', deps.config.PUBLIC_URL)
      .type('form')
      .send({ csrf, locale: 'es' });
    expect(own.status).toBe(303);
  });

  it('are refused with a body of another kind', async () => {
    const deps = await makeDeps();
    const visitor = makeVisitor(deps);
    await visitor.signUp();
    const csrf = await visitor.formToken('/account');
    expect((await visitor.agent.post('/logout').send({ csrf })).status).toBe(403);
    expect((await visitor.agent.post('/logout').field('csrf', csrf)).status).toBe(403);
    expect((await visitor.get('/account')).status).toBe(200);
  });

  it('store no upload', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps);
    const visitor = makeVisitor(deps);
    await visitor.signUp();
    const answer = await visitor.agent
      .post(`/competitions/${slug}/submit`)
      .field('csrf', 'x'.repeat(43))
      .attach('files', Buffer.from('model'), { filename: 'model.onnx' });
    expect(answer.status).toBe(403);
    const rows = await deps.db.selectFrom('submissions').selectAll().execute();
    expect(rows).toEqual([]);
  });
});
