import { describe, expect, it } from 'vitest';

import { createApp } from '../../server/app.ts';
import { makeDeps } from '../factories/deps.ts';
import { makeCompetition } from '../factories/records.ts';
import { makeVisitor } from './visitor.ts';

describe('the page of a team', () => {
  it('names it, invites by a link shown once, and takes in who opens it', async () => {
    const deps = await makeDeps();
    const app = createApp(deps);
    const { slug } = await makeCompetition(deps);
    const page = `/competitions/${slug}/team`;
    const ada = makeVisitor(deps, app);
    await ada.signUp('Ada', 'ada@certamen.example');
    expect((await ada.get(page)).text).toContain('You take part in nothing here yet.');
    const refused = await ada.post(page, page, { name: 'x'.repeat(81) });
    expect(refused.status).toBe(422);
    expect((await ada.post(page, page, { name: 'The <Engines>' })).status).toBe(303);
    expect((await ada.get(page)).text).toContain('The &lt;Engines&gt;');

    const invited = await ada.post(page, `${page}/invitations`);
    expect(invited.status).toBe(201);
    const path = /\/join\/[\w-]+/u.exec(invited.text.replaceAll('<wbr>', ''))?.[0] ?? '';
    expect((await ada.get(page)).text).not.toContain('/join/');

    const eva = makeVisitor(deps, app);
    expect((await eva.get(path)).headers['location']).toMatch(/^\/login\?next=/u);
    await eva.signUp('Eva', 'eva@certamen.example');
    const asked = await eva.get(path);
    expect(asked.text).toContain('Join “The &lt;Engines&gt;”?');
    const joined = await eva.post(path, path);
    expect(joined.headers['location']).toBe(page);
    expect((await eva.get(page)).text).toMatch(/Ada.*Eva/su);
    expect((await eva.get(path)).status).toBe(404);
    expect((await eva.post(page, `${page}/leave`)).status).toBe(303);
    expect((await ada.get(page)).text).not.toContain('Eva');
  });

  it('is not there for a draft', async () => {
    const deps = await makeDeps();
    const { slug } = await makeCompetition(deps, { state: 'draft' });
    const visitor = makeVisitor(deps);
    await visitor.signUp();
    expect((await visitor.get(`/competitions/${slug}/team`)).status).toBe(404);
  });
});
