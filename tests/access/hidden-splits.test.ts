/**
 * Two worlds, alike but for what a hidden split of coarse detail hides: everything that somebody who takes part
 * can fetch has to be the same in both, byte for byte, once random names are masked.
 */
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';

import { pino } from 'pino';
import { describe, expect, it } from 'vitest';

import { createApp } from '../../server/app.ts';
import type { Deps } from '../../server/deps.ts';
import type { ReleaseRule } from '../../server/models/phases.ts';
import { openSession } from '../../server/services/accounts.ts';
import { createApiToken } from '../../server/services/api-tokens.ts';
import { openTask } from '../../server/services/tasks.ts';
import { inviteToTeam, joinTeam } from '../../server/services/teams.ts';
import type { Viewer } from '../../server/services/access.ts';
import type { Task } from '../../tasks/task.ts';
import { startListening } from '../factories/listen.ts';
import { makeDeps } from '../factories/deps.ts';
import { makeCompetition, makeFile, makeSubmission, makeUser } from '../factories/records.ts';
import { runQueue } from '../stories/run-queue.ts';
import { CASES, fillPath } from './cases.ts';
import { makeSite } from './site.ts';

const NAN_MODEL = path.resolve(import.meta.dirname, '../fixtures/models/refused/nan-output.onnx');
const CLASSES = 10;

/** What is hidden, and different from world to world. */
interface Hidden {
  /** Wrong rows of 1,000 in each split, by submission. */
  readonly wrong: readonly { readonly public: number; readonly private: number }[];
  /** Added to every time that an evaluation notes, below a second. */
  readonly ms: number;
  readonly peak_memory_bytes: number;
  /** What a run wrote that had seen hidden rows. */
  readonly log: string;
}

interface World {
  readonly fetchAll: (role: string) => Promise<string[]>;
  /** The table of results. */
  readonly results: (role: string) => Promise<string>;
  readonly log: () => string;
}

async function makeWorld(hidden: Hidden, release: ReleaseRule | null): Promise<World> {
  const lines: string[] = [];
  // Each request comes from an address of its own, past the limits on what is expensive.
  const quiet = await makeDeps({ TRUST_PROXY_HOPS: '1' });
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const deps = { ...quiet, logger: pino({ level: 'trace' }, sink) };
  const { phase_id, slug, competition_id, task } = await makeCoarse(deps, release);

  const people: Record<string, Viewer> = {};
  for (const role of ['student', 'member', 'mate', 'instructor', 'organizer']) {
    const roles =
      role === 'organizer' || role === 'instructor'
        ? [{ scope: 'competition', scope_id: competition_id, role }]
        : [];
    people[role] = await makeUser(deps, { name: role, email: `${role}@certamen.example`, roles });
  }
  const { member, mate } = people as { member: Viewer; mate: Viewer };
  const { url: link } = await inviteToTeam(deps, { slug, viewer: member });
  await joinTeam(deps, { token: link.split('/').at(-1) ?? '', viewer: mate });

  // Somebody to be compared with, the same in every world.
  const rival = await predictions(task, { public: 121, private: 121 });
  const rivalFiles = [await makeFile(deps, { name: 'answers.csv', content: rival })];
  await makeSubmission(deps, { phase_id, user: people['student'] as Viewer, files: rivalFiles });
  await runQueue(deps);
  deps.clock.advance(60_000);

  const submissions: string[] = [];
  for (const wrong of hidden.wrong) {
    const content = await predictions(task, wrong);
    const files = [await makeFile(deps, { name: 'answers.csv', content })];
    submissions.push((await makeSubmission(deps, { phase_id, user: member, files })).submission_id);
    await runQueue(deps);
    deps.clock.advance(60_000);
  }
  const model = await deps.storage.put(createReadStream(NAN_MODEL), { maxBytes: 1024 * 1024 });
  const broken = { phase_id, user: member, files: [{ name: 'model.onnx', ...model }] };
  submissions.push((await makeSubmission(deps, broken)).submission_id);
  await runQueue(deps);
  deps.clock.advance(60_000);
  await perturb(deps, hidden);

  const { url } = await startListening(createApp(deps));
  const entries = await deps.db.selectFrom('entries').select('id').orderBy('created_at').execute();
  const entryIds = entries.map(({ id }) => id);

  return {
    log: () => lines.join(''),
    async results(role) {
      const session = await openSession(deps, deps.db, people[role]?.id ?? '');
      const answer = await fetch(`${url}/competitions/${slug}/audit/results.csv`, {
        headers: { cookie: `certamen_session=${session.token}` },
      });
      return answer.text();
    },
    async fetchAll(role) {
      const viewer = people[role];
      const session = viewer && (await openSession(deps, deps.db, viewer.id)).token;
      const token = viewer && (await createApiToken(deps, { user: viewer, name: 'x' })).token;
      const found: string[] = [];
      for (const item of TOLD) {
        const ids = item.path.includes('/submissions/:id') ? submissions : entryIds;
        for (const id of ids) {
          const queries = QUERIES[item.name] ?? [];
          for (const [language, query] of [
            ...(role === 'member' ? ['en', 'es'] : ['en']).map((each) => [each, ''] as const),
            ...queries.map((each) => ['en', each] as const),
          ]) {
            const answer = await fetch(
              url +
                fillPath(item, {
                  slug,
                  file: 'none',
                  phase: 'open',
                  page: 'none',
                  index: '0',
                  name: 'top1_error',
                  token: 'none',
                  '*name': 'site.css',
                  id,
                }) +
                query.replace('$A', entryIds[0] ?? '').replace('$B', entryIds[1] ?? ''),
              {
                redirect: 'manual',
                headers: {
                  'accept-language': language,
                  'accept-encoding': 'identity',
                  'x-forwarded-for': `10.0.${found.length >> 8}.${found.length & 255}`,
                  ...(session === undefined
                    ? {}
                    : item.isApi
                      ? { authorization: `Bearer ${token ?? ''}` }
                      : { cookie: `certamen_session=${session}` }),
                },
                signal: AbortSignal.timeout(20_000),
              },
            );
            const headers = [...answer.headers].filter(([name]) => !VOLATILE.has(name));
            const body = item.name.includes('/files/') ? '' : await textOf(answer);
            found.push(
              mask([item.name + query, answer.status, JSON.stringify(headers), body].join('\n')),
            );
          }
        }
      }
      return found;
    },
  };
}

/** Every page and answer that tells of a competition or of a submission. */
const TOLD = CASES.filter(
  ({ method, about, path: at }) =>
    method === 'GET' &&
    (about !== 'site' || ['/', '/submissions', '/api/v1/competitions'].includes(at)),
);

/** Other ways to ask for the same, each of which could show an order or a number of what is hidden. */
const QUERIES: Readonly<Record<string, readonly string[]>> = {
  'GET /competitions/:slug/leaderboard': [
    '?sort=top5_error',
    '?sort=-top5_error',
    '?sort=private',
    '?sort=private%3Atop1_error',
    '?sort=chosen',
    '?rows=entries&page=2',
    '?split=private&sort=top5_error',
  ],
  'GET /competitions/:slug/compare': [
    '?a=$A&b=$B',
    '?a=$B&b=$A&metric=top5_error',
    '?a=$A&b=$B&split=private&metric=top5_error',
  ],
  'GET /competitions/:slug/entries/:id': ['?split=private', '?split=public'],
  'GET /competitions/:slug/events': ['?split=private'],
  'GET /api/v1/competitions/:slug/leaderboard': ['?page=2', '?sort=top5_error', '?split=train'],
};

/** Made from the body, which is compared itself, or from when it was asked. */
const VOLATILE = new Set(['date', 'etag', 'ratelimit', 'ratelimit-policy']);

async function textOf(answer: Response): Promise<string> {
  if (!(answer.headers.get('content-type') ?? '').startsWith('text/event-stream')) {
    return answer.text();
  }
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  const first = await Promise.race([
    reader.read().then(({ value }) => value),
    new Promise<null>((resolve) => setTimeout(() => resolve(null), 300)),
  ]);
  await reader.cancel();
  return Buffer.from(first ?? []).toString('utf8');
}

/** Random names keep their length, so that sizes are compared as they are. */
function mask(text: string): string {
  return (
    text
      .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gu, 'ID')
      .replaceAll(/[\w+/-]{40,}={0,2}/gu, (found) => `RANDOM${found.length}`)
      .replaceAll(/\b(?=\d*[a-f])[0-9a-f]{8,39}\b/gu, (found) => `HEX${found.length}`)
      // How long a run took is told in whole seconds, of which a busy machine may need one more.
      .replaceAll(/("total_s": ?)\d+\b(?!\.)/gu, '$1SECONDS')
  );
}

/** The digits with a public split of coarse detail. */
async function makeCoarse(deps: Deps, release: ReleaseRule | null) {
  const { task_version_id, ...made } = await makeCompetition(deps, {
    slug: 'coarse',
    phase: { release },
    edit: (yaml) => yaml.replace(/^ +detail: full\n/mu, ''),
  });
  return { ...made, task: await openTask(deps, task_version_id) };
}

/** Answers of both splits, of which the first so many are wrong. */
async function predictions(
  task: Task,
  wrong: { readonly public: number; readonly private: number },
): Promise<string> {
  const lines = ['id,label'];
  for (const split of ['public', 'private'] as const) {
    const { ids } = await task.readInputs(split);
    const targets = await task.readTargets(split);
    for (const [row, id] of ids.entries()) {
      const target = targets[row] ?? 0;
      lines.push(`${id},${row < wrong[split] ? (target + 1) % CLASSES : target}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Times, memory and logs as another run would have left them. */
async function perturb(deps: Deps, { ms, peak_memory_bytes, log }: Hidden): Promise<void> {
  const later = (at: string | null) =>
    at === null ? null : new Date(Math.floor(Date.parse(at) / 1000) * 1000 + ms).toISOString();
  for (const row of await deps.db.selectFrom('evaluations').selectAll().execute()) {
    const run = row.run_json === null ? null : (JSON.parse(row.run_json) as { seed: number });
    const changed = run && {
      ...run,
      times: Object.fromEntries(
        Object.keys((run as unknown as { times: object }).times).map((name) => [name, ms + 0.25]),
      ),
      peak_memory_bytes,
    };
    await deps.db
      .updateTable('evaluations')
      .set({
        started_at: later(row.started_at),
        finished_at: later(row.finished_at),
        run_json: changed === null ? null : JSON.stringify(changed),
      })
      .where('id', '=', row.id)
      .execute();
  }
  for (const { id, at } of await deps.db
    .selectFrom('evaluation_events')
    .select(['id', 'at'])
    .execute()) {
    await deps.db
      .updateTable('evaluation_events')
      .set({ at: later(at) ?? at })
      .where('id', '=', id)
      .execute();
  }
  await deps.db
    .updateTable('run_logs')
    .set({ log, failure_params_json: JSON.stringify({ row: log }) })
    .execute();
}

const ONE: Omit<Hidden, 'wrong'> = { ms: 111, peak_memory_bytes: 123_456_789, log: 'LABEL-SEVEN' };
const OTHER: Omit<Hidden, 'wrong'> = {
  ms: 987,
  peak_memory_bytes: 987_654_321,
  log: 'LABEL-THREE',
};

describe.each<{
  readonly name: string;
  readonly release: ReleaseRule | null;
  readonly wrong: readonly [Hidden['wrong'], Hidden['wrong']];
  /** What everybody is told of the best submission. */
  readonly told: string;
  /** What nobody is told, in either world. */
  readonly untold: RegExp;
}>([
  {
    name: 'a rounded score',
    release: { rule: 'rounded', steps: { top1_error: 0.02 } },
    wrong: [
      [
        { public: 123, private: 104 },
        { public: 117, private: 146 },
      ],
      [
        { public: 124, private: 561 },
        { public: 118, private: 378 },
      ],
    ],
    told: '0.12',
    untold: /0\.12[34]|0\.11[78]|0\.104|0\.146|0\.561|0\.378|1[12]\.[3478] ?%/u,
  },
  {
    name: 'the Ladder, where a phase says nothing',
    release: null,
    wrong: [
      [
        { public: 200, private: 104 },
        { public: 197, private: 141 },
        { public: 205, private: 90 },
      ],
      [
        { public: 200, private: 561 },
        { public: 203, private: 378 },
        { public: 340, private: 95 },
      ],
    ],
    told: '0.2',
    untold: /0\.197|0\.20[35]|0\.340?\b|0\.104|0\.141|0\.561|0\.378|19\.7|20\.[35] ?%|34\.0 ?%/u,
  },
])('a hidden split behind $name', ({ release, wrong, told, untold }) => {
  it('answers those who take part alike, whatever is below what is released', async () => {
    const [one, other] = [
      await makeWorld({ ...ONE, wrong: wrong[0] }, release),
      await makeWorld({ ...OTHER, wrong: wrong[1] }, release),
    ];
    for (const role of ['anonymous', 'student', 'member', 'mate']) {
      const [left, right] = [await one.fetchAll(role), await other.fetchAll(role)];
      expect(left.filter((answer, index) => answer !== right[index])).toEqual([]);
      expect(right).toEqual(left);
      const all = left.join('\n');
      expect(all).toContain(told);
      expect(untold.exec(all)?.[0]).toBeUndefined();
      expect(all).not.toMatch(/LABEL-|predict_ms":\d|peak_memory|confusion/u);
    }
    // The organizer of either world sees what is different: the worlds are not alike by mistake.
    const [left, right] = [await one.fetchAll('organizer'), await other.fetchAll('organizer')];
    expect(left).not.toEqual(right);
    expect(left.join('\n')).toMatch(untold);
    for (const world of [one, other]) {
      // An instructor reads every file and log, and of scores what the rules release.
      const ofInstructor = await world.results('instructor');
      expect(ofInstructor).toContain(told);
      expect(untold.exec(ofInstructor)?.[0]).toBeUndefined();
      expect(await world.results('organizer')).toMatch(untold);
      expect(world.log()).not.toMatch(/LABEL-/u);
      expect(untold.exec(world.log())?.[0]).toBeUndefined();
    }
  });
});

describe('what an account shows', () => {
  it('is not for caches on the way, which would show a draft to others', async () => {
    const site = await makeSite();
    for (const file of ['samples.png', 'data/digits-sample-predictions.csv']) {
      const path = `/competitions/${site.slug}/${file}`;
      for (const [role, sharing] of [
        ['anonymous', 'public'],
        ['organizer', 'private'],
      ] as const) {
        const { headers } = await site.ask({ method: 'GET', path, role });
        expect([path, role, headers.get('cache-control')?.split(',')[0]]).toEqual([
          path,
          role,
          sharing,
        ]);
      }
    }
  });
});
