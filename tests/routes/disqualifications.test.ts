import { describe, expect, it } from 'vitest';

import { createApp } from '../../server/app.ts';
import { newId } from '../../server/lib/ids.ts';
import { insertRoleGrant } from '../../server/models/role-grants.ts';
import { selectOptionalUserByEmail } from '../../server/models/users.ts';
import { makeDeps } from '../factories/deps.ts';
import { makeCompetition } from '../factories/records.ts';
import { makeVisitor } from './visitor.ts';

describe('taking an entry out of the ranking', () => {
  it('asks an organizer for a reason, can be taken back, and is nobody else’s to do', async () => {
    const deps = await makeDeps();
    const app = createApp(deps);
    const { slug, competition_id } = await makeCompetition(deps);
    const student = makeVisitor(deps, app);
    await student.signUp('Ada', 'ada@certamen.example');
    await student.post(`/competitions/${slug}/team`, `/competitions/${slug}/team`, { name: 'A' });
    const organizer = makeVisitor(deps, app);
    await organizer.signUp('Olga', 'olga@certamen.example');
    const olga = await selectOptionalUserByEmail(deps.db, 'olga@certamen.example');
    await insertRoleGrant(deps.db, {
      id: newId(),
      user_id: olga?.id ?? '',
      scope: 'competition',
      scope_id: competition_id,
      role: 'organizer',
      created_at: '2026-11-01T00:00:00.000Z',
    });
    const entry = async () =>
      deps.db
        .selectFrom('entries')
        .selectAll()
        .where('competition_id', '=', competition_id)
        .executeTakeFirstOrThrow();
    const { id } = await entry();
    const page = `/entries/${id}/disqualify`;

    expect((await student.get(page)).status).toBe(404);
    expect((await student.post('/account', page, { reason: 'x' })).status).toBe(404);
    expect((await student.post('/account', `/entries/${id}/reinstate`)).status).toBe(404);
    expect((await organizer.get('/entries/none/disqualify')).status).toBe(404);

    expect((await organizer.get(page)).text).toContain('Take “A” out of the ranking?');
    expect((await organizer.post(page, page, { reason: '  ' })).status).toBe(422);
    expect((await entry()).disqualified_at).toBeNull();
    expect((await organizer.post(page, page, { reason: 'Trained on <test>' })).status).toBe(303);
    expect((await entry()).disqualified_reason).toBe('Trained on <test>');
    const shown = await organizer.get(page);
    expect(shown.text).toContain('“A” is out of the ranking since');
    expect(shown.text).toContain('Trained on &lt;test&gt;');
    expect((await organizer.post(page, `/entries/${id}/reinstate`)).status).toBe(303);
    expect((await entry()).disqualified_at).toBeNull();
  });
});
