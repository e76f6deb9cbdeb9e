/** A competition from a folder, at the command line. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { beforeEach, describe, expect, it } from 'vitest';

import { readCompetitionPages } from '../../server/services/competition-pages.ts';
import { findCompetition } from '../../server/services/competitions.ts';
import { openTask } from '../../server/services/tasks.ts';
import { makeDataDir, makeDeps, type TestDeps } from '../factories/deps.ts';
import { writeIdxFiles } from '../factories/idx-files.ts';
import { makeSubmission, makeUser } from '../factories/records.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function certamen(deps: TestDeps, args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const launcher = path.join(ROOT, 'bin/certamen.js');
    const env = { ...process.env, ...deps.env };
    execFile(process.execPath, [launcher, ...args], { cwd: ROOT, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

const FILE = `
slug: digits-three
title: { en: Digits by file, es: Dígitos por archivo }
summary: { en: From a folder., es: De una carpeta. }
public: true
organizers: [second@certamen.example]
pages:
  - slug: overview
    text: { en: pages/overview.en.md, es: Hola. }
  - slug: rules
    title: { en: Rules, es: Reglas }
    text: Be fair.
phases:
  - slug: main
    title: { en: Main, es: Principal }
    task: digits-three
    private_split: private
    starts_at: 2026-01-01T00:00
    ends_at: 2027-01-01T00:00
    time_zone: Europe/Madrid
    daily_limit: 4
    total_limit: 40
    concurrent_limit: 2
    reveal_rule: by-organizer
    ranking: { method: primary, tie_breakers: [top5_error] }
    release: { rule: rounded, steps: { top1_error: 0.05 } }
`;

let deps: TestDeps;
let folder: string;
beforeEach(async () => {
  deps = await makeDeps();
  await makeUser(deps, { email: 'olga@certamen.example' });
  await makeUser(deps, { email: 'second@certamen.example' });
  folder = await makeDataDir();
  await mkdir(path.join(folder, 'pages'));
  await writeFile(path.join(folder, 'pages/overview.en.md'), 'Hello, **world**.\n');
  await writeFile(path.join(folder, 'competition.yaml'), FILE);
  const data = await writeIdxFiles(await makeDataDir(), { train: 20, test: 60 });
  const out = path.join(folder, 'digits-three');
  const made = await certamen(deps, ['task', 'new', 'digits-three', '--out', out, ...data]);
  expect(made).toMatchObject({ code: 0, stderr: '' });
});

const importFolder = (...args: string[]) =>
  certamen(deps, ['competition', 'import', folder, '--as', 'olga@certamen.example', ...args]);

async function countRows(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of [
    'competitions',
    'phases',
    'task_versions',
    'competition_pages',
    'audit_events',
  ] as const) {
    const rows = await deps.db.selectFrom(table).selectAll().execute();
    counts[table] = rows.length;
  }
  return counts;
}

describe('certamen competition import', () => {
  it('makes the competition, and changes nothing when it is repeated', async () => {
    expect(await importFolder()).toMatchObject({
      code: 0,
      stdout: 'digits-three: created, public; phases: main\n',
    });
    const competition = await findCompetition(deps, { slug: 'digits-three', viewer: null });
    expect(competition.title.es).toBe('Dígitos por archivo');
    expect(competition.phases).toHaveLength(1);
    const [phase] = competition.phases;
    expect(phase).toMatchObject({
      slug: 'main',
      public_split: 'public',
      private_split: 'private',
      starts_at: '2025-12-31T23:00:00.000Z',
      time_zone: 'Europe/Madrid',
      daily_limit: 4,
      total_limit: 40,
      concurrent_limit: 2,
      reveal_rule: 'by-organizer',
      ranking: { method: 'primary', tie_breakers: ['top5_error'], earlier_first: false },
      release: { rule: 'rounded', steps: { top1_error: 0.05 } },
    });
    const pages = await readCompetitionPages(deps, competition.id);
    expect(pages.map(({ slug, body }) => [slug, body.en, body.es])).toEqual([
      ['overview', 'Hello, **world**.\n', 'Hola.'],
      ['rules', 'Be fair.', 'Be fair.'],
    ]);
    const roles = await deps.db.selectFrom('role_grants').selectAll().execute();
    expect(roles.map(({ role, scope_id }) => [role, scope_id])).toEqual([
      ['organizer', competition.id],
      ['organizer', competition.id],
    ]);

    const before = await countRows();
    expect(await importFolder('--json')).toMatchObject({ code: 0 });
    expect(await countRows()).toEqual(before);
    // The data folder has its own copy.
    await rm(path.join(folder, 'digits-three'), { recursive: true });
    const task = await openTask(deps, phase?.task_version_id ?? '');
    expect((await task.readInputs('private')).ids).toHaveLength(30);
  });

  it('brings what the file names up to date and leaves the rest', async () => {
    await importFolder();
    const text = FILE.replace('Digits by file', 'New title')
      .replace('daily_limit: 4', 'daily_limit: 9')
      .replace(/ {2}- slug: rules[^]*?Be fair\.\n/u, '')
      .replace(/ {4}ranking: .*\n/u, '');
    await writeFile(path.join(folder, 'competition.yaml'), text);
    expect(await importFolder()).toMatchObject({
      code: 0,
      stdout: 'digits-three: up to date, public; phases: main\n',
    });
    const competition = await findCompetition(deps, { slug: 'digits-three', viewer: null });
    expect(competition.title.en).toBe('New title');
    expect(competition.phases[0]).toMatchObject({
      daily_limit: 9,
      ranking: { tie_breakers: ['top5_error'] },
    });
    expect(await readCompetitionPages(deps, competition.id)).toHaveLength(2);
  });

  it('says everything that is wrong and writes nothing', async () => {
    await writeFile(
      path.join(folder, 'competition.yaml'),
      FILE.replace('slug: digits-three', 'slug: Digits Three')
        .replace('Europe/Madrid', 'Europe/Nowhere')
        .replace('daily_limit: 4', 'daily: 4'),
    );
    const bad = await importFolder();
    expect(bad.code).toBe(4);
    expect(bad.stderr.split('\n').filter((line) => line.startsWith('error: '))).toHaveLength(3);
    expect(bad.stderr).toContain('phases.0.time_zone: an IANA time zone');

    await writeFile(path.join(folder, 'competition.yaml'), FILE);
    const yaml = path.join(folder, 'digits-three/task.yaml');
    await writeFile(yaml, (await readFile(yaml, 'utf8')).replace('top1_error', 'top0_error'));
    await rm(path.join(folder, 'digits-three/private'), { recursive: true });
    const broken = await importFolder();
    expect(broken.code).toBe(4);
    expect(broken.stderr).toContain('metrics.0.name should be one of');
    expect((await certamen(deps, ['competition', 'import', folder])).code).toBe(2);
    expect((await importFolder('--as', 'nobody@certamen.example')).stderr).toContain('no account');
    expect((await countRows())['competitions']).toBe(0);
  });

  it('refuses what the forms of the site would refuse, all of it and before anything is written', async () => {
    const before = await countRows();
    await writeFile(
      path.join(folder, 'competition.yaml'),
      FILE.replace('From a folder.', 'x'.repeat(301))
        .replace('ends_at: 2027', 'ends_at: 2025')
        .replace('private_split: private', 'private_split: train')
        .replace('daily_limit: 4', 'daily_limit: 50000')
        .replace('top1_error: 0.05', 'per: 0.05'),
    );
    const refused = await importFolder();
    expect(refused.code).toBe(4);
    expect(refused.stderr.trim().split('\n')).toEqual([
      'error: competition.yaml: summary.en: At most 300 characters.',
      'error: competition.yaml: phases.main.daily_limit: A whole number from 1 to 10,000.',
      'error: competition.yaml: phases.main.ends_at: The end must come after the start.',
      'error: competition.yaml: phases.main.private_split: Participants can download the answers of this split.',
      'error: competition.yaml: phases.main.release: This value cannot be used.',
    ]);
    await writeFile(
      path.join(folder, 'competition.yaml'),
      FILE.replace('task: digits-three', 'task: no.zip'),
    );
    await writeFile(path.join(folder, 'no.zip'), 'no zip');
    const broken = await importFolder();
    expect(broken.code).toBe(4);
    expect(broken.stderr).toContain('error: no.zip: ');
    await writeFile(path.join(folder, 'competition.yaml'), FILE);
    await writeFile(path.join(folder, 'pages/overview.en.md'), Buffer.from('Ni\xf1o', 'latin1'));
    expect((await importFolder()).stderr).toContain('pages/overview.en.md: this is no UTF-8 text');
    expect(await countRows()).toEqual(before);
  });

  it('begins no site where there is none', async () => {
    const elsewhere = await makeDataDir();
    const env = {
      ...deps.env,
      DATA_DIR: elsewhere,
      DATABASE_URL: undefined,
      STORAGE_URL: undefined,
    };
    for (const args of [
      ['competition', 'import', folder, '--as', 'olga@certamen.example'],
      ['reset-password', 'olga@certamen.example'],
    ]) {
      const ended = await certamen({ ...deps, env }, args);
      expect(ended.code).toBe(5);
      expect(ended.stderr).toContain('there is no database at');
      expect(ended.stderr).not.toContain('    at ');
    }
    expect(await readdir(elsewhere)).toEqual([]);
  });

  it('leaves a competition as it was when one of its phases cannot become as the file says', async () => {
    await importFolder();
    const [phase] = await deps.db.selectFrom('phases').selectAll().execute();
    await makeSubmission(deps, { phase_id: phase?.id ?? '', user: await makeUser(deps) });
    const text = FILE.replace('private_split: private', 'private_split: null').replace(
      'Digits by file',
      'Changed',
    );
    await writeFile(path.join(folder, 'competition.yaml'), text);
    const before = await countRows();
    const refused = await importFolder();
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain('phases.main.private_split: There are submissions');
    expect(await countRows()).toEqual(before);
    const { title } = await findCompetition(deps, { slug: 'digits-three', viewer: null });
    expect(title.en).toBe('Digits by file');
  });
});
