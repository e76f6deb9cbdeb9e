import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';

import { describe, expect, it } from 'vitest';

import { seedDigits } from '../../seeds/digits.ts';
import { logIn } from '../../server/services/accounts.ts';
import { findCompetition } from '../../server/services/competitions.ts';
import { readBoard } from '../../server/services/leaderboards.ts';
import { savePhase } from '../../server/services/organizing-phases.ts';
import { readResult } from '../../server/services/results.ts';
import { makeDataDir, makeDeps } from '../factories/deps.ts';
import { makeUser } from '../factories/records.ts';
import { runQueue } from './run-queue.ts';

const LAUNCHER = path.resolve(import.meta.dirname, '../../bin/certamen.js');

async function certamen(env: Record<string, string>, ...args: string[]) {
  const child = spawn(process.execPath, [LAUNCHER, ...args], {
    env: { ...process.env, LOG_LEVEL: 'silent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await exited) as [number | null];
  return { code, stdout, stderr };
}

describe('the digits demo', () => {
  it('is seeded, evaluated by the real queue, and complete', async () => {
    const deps = await makeDeps();
    const seeded = await seedDigits(deps);
    expect(seeded.accounts.map(({ role }) => role)).toEqual(['organizer', 'instructor', 'student']);
    for (const { email, password } of seeded.accounts) {
      expect((await logIn(deps, { email, password })).user.email).toBe(email);
    }
    await runQueue(deps);

    const { phases, title } = await findCompetition(deps, { slug: 'digits', viewer: null });
    expect(title).toEqual({ en: 'Handwritten digits', es: 'Dígitos manuscritos' });
    const [phase] = phases;
    const board = await readBoard(deps, { phase_id: phase?.id ?? '', viewer: null });
    const baselines = board.rows.filter(({ kind }) => kind === 'baseline');
    expect(baselines).toHaveLength(seeded.submissions);
    expect(baselines).toHaveLength(phase?.task.baselines.length ?? -1);
    expect(board.rows.filter(({ kind }) => kind === 'reference')).toHaveLength(
      phase?.task.references.length ?? -1,
    );
    const values = board.rows.map(({ scores }) => scores['top1_error']?.value ?? 1);
    expect(values).toEqual(values.toSorted((left, right) => left - right));
    // Where several lie so close that the split cannot tell them apart, they share a group.
    const groups = baselines.map(({ tie_group }) => tie_group);
    expect(groups).toEqual(groups.toSorted((left, right) => (left ?? 0) - (right ?? 0)));
    expect(groups[0]).toBe(1);
    expect(new Set(groups).size).toBeGreaterThan(1);
    for (const { rank, scores, submission_id } of baselines) {
      expect(rank).toBeNull();
      expect(scores['top1_error']?.value).toBeLessThan(0.15);
      expect(scores['top1_error']?.interval).not.toBeNull();
      // Whoever sees the board may look at the organizer's examples.
      const result = await readResult(deps, { submission_id: submission_id ?? '', viewer: null });
      expect(result).toMatchObject({ status: 'succeeded', can_cancel: false });
    }
  });

  it('has its baselines in a second phase, too, under the same names', async () => {
    const deps = await makeDeps();
    await seedDigits(deps);
    const entries = () =>
      deps.db.selectFrom('entries').select('id').where('kind', '=', 'baseline').execute();
    const [before, task] = [
      await entries(),
      await findCompetition(deps, { slug: 'digits', viewer: null }),
    ];
    const viewer = await makeUser(deps, {
      roles: [{ scope: 'site', scope_id: '', role: 'admin' }],
    });
    const form = {
      slug: 'second',
      title_en: 'Second',
      title_es: 'Segunda',
      task_version_id: task.phases[0]?.task_version_id ?? '',
      public_split: 'public',
      starts: '2026-03-02T06:00',
      time_zone: 'UTC',
      daily_limit: '5',
      total_limit: '',
      concurrent_limit: '',
      display_rule: 'best',
      reveal_rule: 'at-end',
      ranking: 'primary',
      release: 'default',
    };
    for (const phase of [null, 'second'])
      await savePhase(deps, { slug: 'digits', phase, viewer, form });
    const { phases } = await findCompetition(deps, { slug: 'digits', viewer: null });
    const sent = await deps.db
      .selectFrom('submissions')
      .select('entry_id')
      .where('phase_id', '=', phases.find(({ slug }) => slug === 'second')?.id ?? '')
      .execute();
    expect(sent.map(({ entry_id }) => entry_id).sort()).toEqual(before.map(({ id }) => id).sort());
    expect(await entries()).toHaveLength(before.length);
  });

  it('is added to once, however often it is seeded', async () => {
    const deps = await makeDeps();
    await seedDigits(deps);
    const count = async () =>
      Promise.all(
        (
          ['users', 'competitions', 'phases', 'entries', 'submissions', 'reference_rows'] as const
        ).map(async (table) => (await deps.db.selectFrom(table).selectAll().execute()).length),
      );
    const before = await count();
    expect(await seedDigits(deps)).toEqual({ competition: 'digits', accounts: [], submissions: 0 });
    expect(await count()).toEqual(before);
  });
});

describe('certamen seed', () => {
  it('prints the passwords once, and one object for programs', async () => {
    const DATA_DIR = await makeDataDir();
    const first = await certamen({ DATA_DIR }, 'seed', 'digits');
    expect(first).toMatchObject({ code: 0 });
    expect(first.stdout).toMatch(/^organizer\s+organizer@certamen\.example\s+(\w{4}-){3}\w{4}$/mu);
    const second = await certamen({ DATA_DIR }, 'seed', 'digits', '--json');
    expect(JSON.parse(second.stdout)).toEqual({
      competition: 'digits',
      accounts: [],
      submissions: 0,
    });
  });

  it.each([[[]], [['emoji']], [['digits', 'more']], [['digits', '--no-such-option']]])(
    'says with exit code 2 that it does not understand %j',
    async (args) => {
      const { code, stderr } = await certamen({ DATA_DIR: await makeDataDir() }, 'seed', ...args);
      expect(code).toBe(2);
      expect(stderr).toContain('certamen seed --help');
    },
  );

  it('refuses a data folder of production', async () => {
    const env = {
      DATA_DIR: await makeDataDir(),
      NODE_ENV: 'production',
      ACCEPT_WEAK_ISOLATION: 'true',
    };
    const { code, stderr, stdout } = await certamen(env, 'seed', 'digits');
    expect(code).toBe(5);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/production/u);
  });
});

describe('certamen migrate', () => {
  it('makes the tables, and then has nothing to do', async () => {
    const env = { DATA_DIR: await makeDataDir() };
    const first = await certamen(env, 'migrate', '--json');
    const { migrations } = JSON.parse(first.stdout) as { migrations: string[] };
    expect(migrations[0]).toBe('20260727-first-tables');
    expect(migrations).toEqual(migrations.toSorted());
    const second = await certamen(env, 'migrate');
    expect(second).toMatchObject({ code: 0, stdout: 'The tables are up to date.\n' });
  });

  it('stops at a configuration that cannot be used, naming every key', async () => {
    const { code, stderr } = await certamen({ PORT: 'x', LOG_LEVEL: 'loud' }, 'migrate');
    expect(code).toBe(5);
    expect(stderr).toContain('PORT must be');
    expect(stderr).toContain('LOG_LEVEL must be');
  });
});
