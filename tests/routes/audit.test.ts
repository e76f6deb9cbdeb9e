import { describe, expect, it } from 'vitest';

import { createApp } from '../../server/app.ts';
import { newId } from '../../server/lib/ids.ts';
import { insertRoleGrant } from '../../server/models/role-grants.ts';
import { selectOptionalUserByEmail } from '../../server/models/users.ts';
import { csvLine } from '../../server/lib/csv.ts';
import { exportResults } from '../../server/services/auditing.ts';
import { makeDeps } from '../factories/deps.ts';
import { makeCompetition, makeSubmission, makeUser } from '../factories/records.ts';
import { makeVisitor } from './visitor.ts';

async function makeSite() {
  const deps = await makeDeps();
  const app = createApp(deps);
  const { slug, competition_id } = await makeCompetition(deps);
  const other = await makeCompetition(deps);
  const people = { student: 'ada', instructor: 'ines', elsewhere: 'eva', stranger: 'sam' };
  const visitors: Record<string, ReturnType<typeof makeVisitor>> = {};
  for (const [role, name] of Object.entries(people)) {
    const visitor = makeVisitor(deps, app);
    await visitor.signUp(`=${name}`, `${name}@certamen.example`);
    visitors[role] = visitor;
  }
  for (const [name, scope_id] of [
    ['ines', competition_id],
    ['eva', other.competition_id],
  ] as const) {
    const user = await selectOptionalUserByEmail(deps.db, `${name}@certamen.example`);
    await insertRoleGrant(deps.db, {
      id: newId(),
      user_id: user?.id ?? '',
      scope: 'competition',
      scope_id,
      role: 'instructor',
      created_at: '2026-11-01T00:00:00.000Z',
    });
  }
  const { student, instructor, elsewhere, stranger } = visitors;
  if (!student || !instructor || !elsewhere || !stranger) throw new Error('somebody is missing');
  const content = 'id,label\n';
  const sent = await student.upload(slug, [{ name: 'answers.csv', content }], {
    note: '+1,\r\n "ok"',
  });
  const submission = /\/submissions\/([\w-]+)/u.exec(String(sent.headers['location']))?.[1] ?? '';
  return { deps, app, slug, submission, content, student, instructor, elsewhere, stranger };
}

describe('the audit of a competition', () => {
  it('is there for its instructors and for nobody else', async () => {
    const { slug, submission, app, deps, ...people } = await makeSite();
    const anonymous = makeVisitor(deps, app);
    for (const path of [
      `/competitions/${slug}/audit`,
      `/competitions/${slug}/audit/results.csv`,
      `/submissions/${submission}/audit`,
    ]) {
      expect([path, (await people.instructor.get(path)).status]).toEqual([path, 200]);
      for (const visitor of [people.student, people.elsewhere, people.stranger, anonymous]) {
        expect([path, (await visitor.get(path)).status]).toEqual([path, 404]);
      }
    }
  });

  it('is a tab of the competition for them alone', async () => {
    const { slug, instructor, student } = await makeSite();
    const tab = `href="/competitions/${slug}/audit"`;
    expect((await instructor.get(`/competitions/${slug}`)).text).toContain(tab);
    expect((await student.get(`/competitions/${slug}`)).text).not.toContain(tab);
  });

  it('lists submissions by state with who sent them', async () => {
    const { slug, instructor } = await makeSite();
    const all = await instructor.get(`/competitions/${slug}/audit`);
    expect(all.text).toContain('1 submission');
    expect(all.text).toContain('ada@certamen.example');
    for (const [search, found] of [
      ['=ADA', '1 submission'],
      ['certamen.EXAMPLE', '1 submission'],
      ['%25', 'No submission fits.'],
      ['grace', 'No submission fits.'],
    ]) {
      const { text } = await instructor.get(`/competitions/${slug}/audit?search=${search}`);
      expect([search, text.includes(found ?? '')]).toEqual([search, true]);
    }
    const failed = await instructor.get(`/competitions/${slug}/audit?status=failed`);
    expect(failed.text).toContain('No submission fits.');
    const odd = await instructor.get(`/competitions/${slug}/audit?status=odd&page=0`);
    expect(odd.text).toContain('1 submission');
  });

  it('shows acts, states and files of one submission, and lets nothing be changed', async () => {
    const { submission, instructor } = await makeSite();
    const { text } = await instructor.get(`/submissions/${submission}/audit`);
    expect(text).toContain('submission.received');
    expect(text).toContain('answers.csv');
    expect(text).not.toContain('<form method="post" action="/submissions');
    const result = await instructor.get(`/submissions/${submission}`);
    expect(result.status).toBe(200);
    expect(result.text).not.toContain(`/submissions/${submission}/cancel`);
  });

  it('exports results that a spreadsheet does not run', async () => {
    const { slug, instructor } = await makeSite();
    const answer = await instructor.get(`/competitions/${slug}/audit/results.csv`);
    expect(answer.headers['content-type']).toMatch(/^text\/csv/u);
    expect(answer.headers['content-disposition']).toContain(`${slug}-results.csv`);
    const [header, row, ...rest] = answer.text.split('\r\n');
    // Excel reads UTF-8 by this mark alone.
    expect(header).toMatch(/^\ufeffsubmission,sent_at,phase,entry,name,email,state/u);
    expect(header).toContain('public.top1_error');
    expect(row).toContain(`,'=ada,'=ada,ada@certamen.example,queued,`);
    expect(row).toContain(`"'+1, ""ok"""`);
    expect(rest).toEqual(['']);
  });
});

describe('the table of results', () => {
  it('has every submission once, whatever is sent while it is read', async () => {
    const deps = await makeDeps();
    const { slug, phase_id } = await makeCompetition(deps);
    const viewer = await makeUser(deps, {
      roles: [{ scope: 'site', scope_id: '', role: 'admin' }],
    });
    const send = async () => {
      deps.clock.advance(1000);
      return (await makeSubmission(deps, { phase_id, user: await makeUser(deps) })).submission_id;
    };
    const before = [await send(), await send(), await send()];
    const { rows } = await exportResults(deps, { slug, viewer, batch: 1 });
    const seen: string[] = [];
    for await (const { submission } of rows) {
      seen.push(submission.id);
      await send();
    }
    expect(seen).toEqual(before.toReversed());
  });
});

describe('a submitted file', () => {
  it('can be had back by its team and by those who audit, as it was', async () => {
    const { submission, content, student, instructor } = await makeSite();
    for (const visitor of [student, instructor]) {
      const answer = await visitor.agent
        .get(`/submissions/${submission}/files/0`)
        .buffer(true)
        .parse((res, done) => {
          const chunks: Buffer[] = [];
          res.on('data', (chunk: Buffer) => chunks.push(chunk));
          res.on('end', () => done(null, Buffer.concat(chunks)));
        });
      expect(answer.status).toBe(200);
      expect(String(answer.body)).toBe(content);
      expect(answer.headers['content-type']).toBe('application/octet-stream');
      expect(answer.headers['content-disposition']).toContain('attachment');
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
    }
  });

  it('is linked where its team sees the result', async () => {
    const { submission, student } = await makeSite();
    const { text } = await student.get(`/submissions/${submission}`);
    expect(text).toContain(`href="/submissions/${submission}/files/0"`);
  });

  it('is nobody else’s', async () => {
    const { submission, elsewhere, stranger, student } = await makeSite();
    for (const visitor of [elsewhere, stranger]) {
      expect((await visitor.get(`/submissions/${submission}/files/0`)).status).toBe(404);
    }
    for (const index of ['1', '-1', '0x0', '999999', '..%2f0']) {
      expect((await student.get(`/submissions/${submission}/files/${index}`)).status).toBe(404);
    }
  });
});

describe('a line of CSV', () => {
  it('quotes what would break it and disarms what would run', () => {
    expect(csvLine(['a', 'b,c', 'd"e', 'f\ng', null, -1.5])).toBe(
      'a,"b,c","d""e","f\ng",,-1.5\r\n',
    );
    expect(csvLine(['=1+1', '@x', '-2', '+3', '\tx', '\rx'])).toBe(
      `'=1+1,'@x,'-2,'+3,'\tx,"'\rx"\r\n`,
    );
  });
});
