/** A second competition, from raw files to a ranked student, as an organizer makes it. */
import { execFile } from 'node:child_process';
import { access, appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { createApp } from '../../server/app.ts';
import type { Deps } from '../../server/deps.ts';
import { newId } from '../../server/lib/ids.ts';
import { listAuditEvents } from '../../server/models/audit-events.ts';
import { selectOptionalCompetitionBySlug } from '../../server/models/competitions.ts';
import { listPhases } from '../../server/models/phases.ts';
import { insertRoleGrant } from '../../server/models/role-grants.ts';
import { listTaskVersions } from '../../server/models/task-versions.ts';
import { selectOptionalUserByEmail } from '../../server/models/users.ts';
import { makeDataDir, makeDeps, type TestDeps } from '../factories/deps.ts';
import { writeIdxFiles } from '../factories/idx-files.ts';
import { makeCompetition } from '../factories/records.ts';
import { zipFolder } from '../factories/zip-folder.ts';
import { makeVisitor } from '../routes/visitor.ts';
import { runQueue } from './run-queue.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const LENET = path.join(ROOT, 'tasks/digits/baselines/lenet5.onnx');

const COMPETITION = {
  slug: 'digits-two',
  title_en: 'Digits, second run',
  title_es: 'Dígitos, segunda vuelta',
  summary_en: 'The same digits in other hands.',
  summary_es: 'Los mismos dígitos en otras manos.',
  body_en: 'Read **this** first.\n\n<script>alert(1)</script>',
  body_es: 'Lee **esto** primero.',
};
const PHASE = {
  slug: 'main',
  title_en: 'Main phase',
  title_es: 'Fase principal',
  public_split: 'public',
  private_split: 'private',
  reveal_rule: 'by-organizer',
  starts: '2026-03-02T06:00',
  ends: '2026-03-09T18:00',
  time_zone: 'America/Mexico_City',
  daily_limit: '5',
  total_limit: '3',
  concurrent_limit: '',
  display_rule: 'best',
  ranking: 'primary',
  tie_breaker: 'top5_error',
  release: 'full',
};

function certamen(args: string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const launcher = path.join(ROOT, 'bin/certamen.js');
    execFile(
      process.execPath,
      [launcher, ...args],
      { cwd: ROOT, env: { ...process.env, ...env } },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${stdout}${stderr}`));
      },
    );
  });
}

/** Somebody who organizes one competition already, and a student. */
async function makeSite() {
  const deps = await makeDeps();
  const { competition_id } = await makeCompetition(deps, { slug: 'first' });
  const app = createApp(deps);
  const organizer = makeVisitor(deps, app);
  await organizer.signUp('Olga', 'olga@certamen.example');
  const user = await selectOptionalUserByEmail(deps.db, 'olga@certamen.example');
  await insertRoleGrant(deps.db, {
    id: newId(),
    user_id: user?.id ?? '',
    scope: 'competition',
    scope_id: competition_id,
    role: 'organizer',
    created_at: deps.clock.now().toISOString(),
  });
  const student = makeVisitor(deps, app);
  await student.signUp('Sofía', 'sofia@certamen.example');
  return { deps, organizer, student };
}

type Visitor = ReturnType<typeof makeVisitor>;

async function sendTask(organizer: Visitor, zip: Uint8Array, name = 'task.zip') {
  const csrf = await organizer.formToken('/organize/digits-two');
  return organizer.agent
    .post('/organize/digits-two/tasks')
    .field('csrf', csrf)
    .attach('files', Buffer.from(zip), { filename: name });
}

async function makeTaskFolder(): Promise<string> {
  const folder = await makeDataDir();
  const out = path.join(folder, 'task');
  const data = await writeIdxFiles(folder);
  await certamen(['task', 'new', 'digits-two', '--out', out, '--seed', '7', ...data]);
  return out;
}

async function versionOf(deps: Deps): Promise<string> {
  const found = (await listTaskVersions(deps.db)).find(
    ({ task_name }) => task_name === 'digits-two',
  );
  return found?.id ?? '';
}

async function phaseOf(deps: Deps) {
  const competition = await selectOptionalCompetitionBySlug(deps.db, 'digits-two');
  const [phase] = await listPhases(deps.db, competition?.id ?? '');
  if (phase === undefined) throw new Error('there is no phase');
  return phase;
}

/** From nothing to a phase. */
async function organize({ deps, organizer }: { deps: TestDeps; organizer: Visitor }) {
  await organizer.post('/organize/new', '/organize/new', COMPETITION);
  await sendTask(organizer, await zipFolder(await makeTaskFolder()));
  await runQueue(deps);
  const task_version_id = await versionOf(deps);
  const page = '/organize/digits-two/phases/new';
  return organizer.post(page, page, { ...PHASE, task_version_id });
}

describe('an organizer', () => {
  it('makes a competition from raw files, and a student is ranked in it', async () => {
    const site = await makeSite();
    const { deps, organizer, student } = site;
    const created = await organizer.post('/organize/new', '/organize/new', COMPETITION);
    expect([created.status, created.headers['location']]).toEqual([303, '/organize/digits-two']);
    // A draft is nobody else's.
    expect((await student.get('/competitions/digits-two')).status).toBe(404);
    expect((await student.get('/organize/digits-two')).status).toBe(404);
    const draft = await organizer.get('/organize/digits-two');
    expect(draft.text).toContain('Draft');
    expect(draft.text).toContain('<a href="#tasks">Send a task');

    const sent = await sendTask(organizer, await zipFolder(await makeTaskFolder()));
    expect([sent.status, sent.headers['location']]).toEqual([303, '/organize/digits-two#tasks']);
    expect((await organizer.get('/organize/digits-two')).text).toContain('Waiting');
    await deps.queue.setPaused(deps.db, true);
    expect((await organizer.get('/organize/digits-two')).text).toContain('The queue is held');
    await deps.queue.setPaused(deps.db, false);
    await runQueue(deps);
    const imported = await organizer.get('/organize/digits-two');
    expect(imported.text).toContain('Imported');
    expect(imported.text).not.toContain('<a href="#tasks">');
    expect(imported.text).toContain('<a href="/organize/digits-two/phases/new">Add a phase:');
    // As the form of a phase names it, among versions of one day.
    const name = /digits-two, version ([0-9a-f]{8})/u.exec(imported.text)?.[1] ?? 'none';
    const choice = `digits-two · 2 Mar 2026, 12:00 UTC · ${name}`;
    expect((await organizer.get('/organize/digits-two/phases/new')).text).toContain(choice);

    const task_version_id = await versionOf(deps);
    const phasePage = '/organize/digits-two/phases/new';
    const phased = await organizer.post(phasePage, phasePage, { ...PHASE, task_version_id });
    expect(phased.status).toBe(303);
    expect(await phaseOf(deps)).toMatchObject({
      starts_at: '2026-03-02T12:00:00.000Z',
      ends_at: '2026-03-10T00:00:00.000Z',
      total_limit: 3,
      concurrent_limit: null,
      ranking: { method: 'primary', tie_breakers: ['top5_error'] },
      release: { rule: 'full' },
    });
    const published = await organizer.post(
      '/organize/digits-two/publish',
      '/organize/digits-two/publish',
    );
    expect(published.status).toBe(303);

    const page = await student.get('/competitions/digits-two');
    expect(page.status).toBe(200);
    expect(page.text).toContain('Read <strong>this</strong> first.');
    expect(page.text).not.toContain('alert(1)');
    expect(page.text).toContain('9 Mar 2026, 18:00 (America/Mexico_City)');
    const upload = await student.upload('digits-two', [
      { name: 'lenet5.onnx', content: await readFile(LENET) },
    ]);
    expect(upload.status).toBe(303);
    const waiting = await organizer.get('/organize/digits-two');
    expect(waiting.text).toContain('Now in the queue');
    expect(waiting.text).toContain('Sofía');
    await runQueue(deps);
    const board = await student.get('/competitions/digits-two/leaderboard');
    expect(board.text).toContain('Sofía');
    expect(board.text).toContain('medal-1');
    const hidden = '/competitions/digits-two/leaderboard?split=private';
    expect((await student.get(hidden)).status).toBe(403);

    const audit = await listAuditEvents(deps.db, {
      subject: 'competition',
      subject_id: (await phaseOf(deps)).competition_id,
    });
    expect(audit.map(({ action }) => action)).toEqual([
      'competition.created',
      'task.sent',
      'task.imported',
      'competition.published',
    ]);
    expect(new Set(audit.map(({ actor_id }) => actor_id)).size).toBe(1);
  });

  it('closes the phase and reveals the private scores, once and for good', async () => {
    const site = await makeSite();
    const { deps, organizer, student } = site;
    await organize(site);
    const base = '/organize/digits-two/phases/main';
    await organizer.post('/organize/digits-two/publish', '/organize/digits-two/publish');
    const early = await organizer.post('/account', `${base}/reveal`);
    expect(early.status).toBe(409);

    const question = await organizer.get(`${base}/close`);
    expect(question.text).toContain('stay hidden until you reveal them');
    expect((await organizer.post(`${base}/close`, `${base}/close`)).status).toBe(303);
    expect((await phaseOf(deps)).ends_at).toBe(deps.clock.now().toISOString());
    const hidden = '/competitions/digits-two/leaderboard?split=private';
    expect((await student.get(hidden)).status).toBe(403);

    const last = await organizer.get(`${base}/reveal`);
    expect(last.text).toContain('This cannot be undone.');
    expect((await organizer.post(`${base}/reveal`, `${base}/reveal`)).status).toBe(303);
    expect((await student.get(hidden)).status).toBe(200);
    const page = await student.get('/competitions/digits-two');
    expect(page.text).toContain('shown since 2 Mar 2026, 06:00 (America/Mexico_City)');
    const at = (await phaseOf(deps)).revealed_at;
    deps.clock.advance(60_000);
    await organizer.post('/account', `${base}/reveal`);
    expect((await phaseOf(deps)).revealed_at).toBe(at);

    const { task_version_id, id } = await phaseOf(deps);
    const reopened = await organizer.post(`${base}/edit`, `${base}/edit`, {
      ...PHASE,
      task_version_id,
      ends: '',
    });
    expect(reopened.status).toBe(422);
    expect(reopened.text).toContain('the phase cannot open again');
    const audit = await listAuditEvents(deps.db, { subject: 'phase', subject_id: id });
    expect(audit.map(({ action }) => action)).toEqual([
      'phase.created',
      'phase.closed',
      'phase.private_revealed',
    ]);
  });

  it('edits texts and phases; a phase with submissions keeps its data', async () => {
    const site = await makeSite();
    const { deps, organizer, student } = site;
    await organize(site);
    await organizer.post('/organize/digits-two/publish', '/organize/digits-two/publish');
    const texts = { ...COMPETITION, title_en: 'A better title' };
    const edited = await organizer.post(
      '/organize/digits-two/edit',
      '/organize/digits-two/edit',
      texts,
    );
    expect(edited.status).toBe(303);
    expect((await student.get('/competitions/digits-two')).text).toContain('A better title');

    const before = await phaseOf(deps);
    const page = '/organize/digits-two/phases/main/edit';
    expect((await organizer.get(page)).text).toContain('value="2026-03-09T18:00"');
    const form = { ...PHASE, task_version_id: before.task_version_id };
    const changes = { ends: '', daily_limit: '2', concurrent_limit: '1', display_rule: 'latest' };
    expect((await organizer.post(page, page, { ...form, ...changes })).status).toBe(303);
    expect(await phaseOf(deps)).toMatchObject({
      id: before.id,
      ends_at: null,
      daily_limit: 2,
      concurrent_limit: 1,
      display_rule: 'latest',
      starts_at: before.starts_at,
    });
    const competition = await student.get('/competitions/digits-two');
    expect(competition.text).toContain('At most 1 waiting or running at a time.');

    const model = { name: 'lenet5.onnx', content: await readFile(LENET) };
    expect((await student.upload('digits-two', [model])).status).toBe(303);
    // One waits, and one is allowed at a time.
    const second = await student.upload('digits-two', [model]);
    expect(second.status).toBe(429);
    expect(second.text).toContain('this phase allows at a time: 1');
    const moved = { ...form, ...changes, public_split: 'private', private_split: 'public' };
    const refused = await organizer.post(page, page, moved);
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('There are submissions to this phase.');
    const audit = await listAuditEvents(deps.db, { subject: 'phase', subject_id: before.id });
    expect(audit.map(({ action }) => action)).toEqual([
      'phase.created',
      'phase.edited',
      'phase.rules_changed',
    ]);
  });

  it('puts a phase right that was made with a year gone by, as long as nobody took part', async () => {
    const site = await makeSite();
    const { deps, organizer } = site;
    await organize(site);
    const { task_version_id } = await phaseOf(deps);
    const page = '/organize/digits-two/phases/main/edit';
    const form = { ...PHASE, task_version_id, reveal_rule: 'at-end' };
    const past = { starts: '2025-03-02T06:00', ends: '2025-03-09T18:00' };
    expect((await organizer.post(page, page, { ...form, ...past })).status).toBe(303);
    expect((await organizer.post(page, page, form)).status).toBe(303);
    expect((await phaseOf(deps)).ends_at).toBe('2026-03-10T00:00:00.000Z');
  });

  it('is not ranked in the end by a split whose answers are known', async () => {
    const site = await makeSite();
    const { deps, organizer } = site;
    await organize(site);
    const { task_version_id } = await phaseOf(deps);
    const page = '/organize/digits-two/phases/main/edit';
    const { text } = await organizer.get(page);
    expect(text.match(/train \(answers can be downloaded\)/gu)).toHaveLength(2);
    // As the public split alone.
    expect(text.match(/private \(scores only after the close\)/gu)).toHaveLength(1);
    const known = { ...PHASE, task_version_id, private_split: 'train' };
    const refused = await organizer.post(page, page, known);
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('Participants can download the answers of this split.');
    expect(await phaseOf(deps)).toMatchObject({ private_split: 'private' });
  });

  it('keeps its version of the task when its form is refused for something else', async () => {
    const site = await makeSite();
    const { deps, organizer, student } = site;
    await organize(site);
    await organizer.post('/organize/digits-two/publish', '/organize/digits-two/publish');
    const before = await phaseOf(deps);
    const other = '/organize/digits-two/phases/new';
    const { task_version_id } = before;
    await organizer.post(other, other, { ...PHASE, task_version_id, slug: 'second' });
    const model = { name: 'lenet5.onnx', content: await readFile(LENET) };
    expect((await student.upload('digits-two', [model])).status).toBe(303);
    const folder = await makeTaskFolder();
    await appendFile(path.join(folder, 'task.yaml'), 'licence: CC0\n');
    await sendTask(organizer, await zipFolder(folder));
    await runQueue(deps);
    const newest = (await listTaskVersions(deps.db)).find(({ id, task_name }) => {
      return task_name === 'digits-two' && id !== task_version_id;
    });
    const page = '/organize/digits-two/phases/main/edit';
    const form = { ...PHASE, task_version_id: newest?.id ?? '' };
    const refused = await organizer.post(page, page, { ...form, slug: 'second' });
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('This address is taken.');
    expect((await phaseOf(deps)).task_version_id).toBe(task_version_id);
    expect((await organizer.post(page, page, form)).status).toBe(303);
    expect((await phaseOf(deps)).task_version_id).toBe(newest?.id);
  });

  it('reads everything that is wrong with a task, and nothing of it stays', async () => {
    const { deps, organizer } = await makeSite();
    await organizer.post('/organize/new', '/organize/new', COMPETITION);
    const folder = await makeTaskFolder();
    const zip = await zipFolder(folder);
    const broken = Buffer.from(zip);
    broken.fill(0, 200, 4000);
    await sendTask(organizer, broken, 'broken.zip');
    await sendTask(organizer, Buffer.from('no zip at all'), 'letter.zip');
    await runQueue(deps);
    const page = await organizer.get('/organize/digits-two');
    expect(page.text.match(/Refused/gu)).toHaveLength(2);
    expect(page.text).toContain('no zip of a folder with task.yaml');
    const wrong = await sendTask(organizer, zip, 'task.tar');
    expect(wrong.status).toBe(422);
    expect(wrong.text).toContain('not one zip');
    expect(await versionOf(deps)).toBe('');
    const files = await deps.db.selectFrom('task_imports').select('storage_key').execute();
    expect(files).toEqual([{ storage_key: null }, { storage_key: null }]);
    await expect(access(path.join(deps.config.DATA_DIR, 'tasks/digits-two'))).rejects.toThrow();
  });

  it('cannot take the name of a task of others', async () => {
    const { deps, organizer } = await makeSite();
    await organizer.post('/organize/new', '/organize/new', COMPETITION);
    const folder = await makeDataDir();
    const out = path.join(folder, 'task');
    const data = await writeIdxFiles(folder);
    await certamen(['task', 'new', 'digits', '--out', out, ...data]);
    await sendTask(organizer, await zipFolder(out));
    await runQueue(deps);
    const page = await organizer.get('/organize/digits-two');
    expect(page.text).toContain('Another competition has a task called “digits”');
  });

  it('writes sections in both languages, and takes them away', async () => {
    const site = await makeSite();
    const { organizer, student } = site;
    await organize(site);
    await organizer.post('/organize/digits-two/publish', '/organize/digits-two/publish');
    const fresh = '/organize/digits-two/pages/new';
    const form = {
      slug: 'rules',
      title_en: 'House rules',
      title_es: 'Reglas de la casa',
      body_en: '- Be fair\n- [more](javascript:alert(1))',
      body_es: '',
    };
    expect((await organizer.post(fresh, fresh, form)).status).toBe(303);
    expect((await organizer.post(fresh, fresh, form)).text).toContain('This address is taken');
    const page = await student.get('/competitions/digits-two');
    expect(page.text).toContain('House rules');
    expect(page.text).toContain('<li>Be fair</li>');
    expect(page.text).not.toContain('javascript:');
    const spanish = await student.get('/competitions/digits-two', { Cookie: 'lang=es' });
    expect(spanish.text).toContain('Reglas de la casa');
    // An empty language shows the other.
    expect(spanish.text).toContain('<li>Be fair</li>');
    const remove = '/organize/digits-two/pages/rules/remove';
    expect((await organizer.post(remove, remove)).status).toBe(303);
    expect((await student.get('/competitions/digits-two')).text).not.toContain('House rules');
    const overview = '/organize/digits-two/pages/overview/remove';
    expect((await organizer.get(overview)).status).toBe(404);
  });

  it('is told what is wrong with a form and loses nothing of it', async () => {
    const site = await makeSite();
    const { organizer } = site;
    const bad = await organizer.post('/organize/new', '/organize/new', {
      ...COMPETITION,
      slug: 'No Good',
      title_es: ' ',
    });
    expect(bad.status).toBe(422);
    expect(bad.text).toContain('Lower-case letters, digits and dashes');
    expect(bad.text).toContain('This is needed.');
    expect(bad.text).toContain('Digits, second run');
    await organize(site);
    const page = '/organize/digits-two/phases/new';
    const phase = await organizer.post(page, page, {
      ...PHASE,
      slug: 'second',
      task_version_id: await versionOf(site.deps),
      private_split: 'public',
      ends: '2026-03-01T00:00',
      time_zone: 'Mars/Olympus',
      daily_limit: '0',
    });
    expect(phase.status).toBe(422);
    for (const text of [
      'another one than the public',
      'time zones in the list',
      'from 1 to 10,000',
    ]) {
      expect(phase.text).toContain(text);
    }
  });
});

describe('others', () => {
  it('do not learn that there is anything to organize', async () => {
    const { deps, student } = await makeSite();
    const paths = ['/organize', '/organize/new', '/organize/first', '/organize/none'];
    for (const visitor of [student, makeVisitor(deps)]) {
      for (const address of paths) expect((await visitor.get(address)).status).toBe(404);
    }
    const refused = await student.post('/account', '/organize/new', COMPETITION);
    expect(refused.status).toBe(404);
    expect(await selectOptionalCompetitionBySlug(deps.db, 'digits-two')).toBeNull();
    expect((await student.get('/')).text).not.toContain('/organize');
  });
});
