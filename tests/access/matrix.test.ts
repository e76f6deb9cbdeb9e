/** Every route, asked by every role in every state: the expected outcomes are in table.ts. */
import { describe, expect, it } from 'vitest';

import { createApp } from '../../server/app.ts';
import { makeDeps } from '../factories/deps.ts';
import { absentPath, CASES, NOWHERE, sitePath, thing, type Case } from './cases.ts';
import { listRoutes } from './routes.ts';
import { makeSite, ROLES, STATES, type Answer, type Role, type Site, type State } from './site.ts';
import { TABLE } from './table.ts';

function formOf({ row, method }: Case, site: Site, csrf: string | null) {
  if (method === 'GET') return undefined;
  const body = row.files === true ? new FormData() : new URLSearchParams();
  if (csrf !== null) body.append('csrf', csrf);
  for (const [name, value] of Object.entries(row.body ?? {})) body.append(name, thing(site, value));
  return body;
}

function outcomeOf({ status, location }: Answer): string {
  if (status === 401 || (status === 303 && location.startsWith('/login?next='))) return 'login';
  if (status === 404) return 'hidden';
  if (status === 403) return 'forbidden';
  if (status === 409) return 'closed';
  return status < 400 || status === 422 ? 'open' : `status ${status}`;
}

/** Without what is different each time, and without the name of what was asked for. */
function masked(text: string, path: string): string {
  return text
    .replaceAll(path, 'PATH')
    .replaceAll(NOWHERE, 'here')
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gu, 'ID');
}

const nameOf = (state: State) =>
  `${state.competition}, ${state.phase}, ${state.private}, ${state.submission}`;

/** What differs from the table, as lines; nothing that was refused and nothing that was only read has changed a row. */
async function differences(site: Site, state: State, cases: readonly Case[]): Promise<string[]> {
  const wrong: string[] = [];
  const absent = new Map<string, string>();
  for (const role of ROLES) {
    for (const item of cases) {
      const { method, name, row, isApi } = item;
      const by = isApi ? 'token' : 'session';
      const expected = row.rule(role, state);
      const before = await site.changes();
      const path = sitePath(item, site, state);
      const body = formOf(item, site, site.people[role].csrf);
      const answer = await site.ask({ method, path, role, by, ...(body && { body }) });
      const outcome = outcomeOf(answer);
      const line = `${role}: ${name}`;
      if (outcome !== (expected === 'missing' ? 'hidden' : expected)) {
        wrong.push(`${line}: ${outcome} (${answer.status}) and not ${expected}`);
      }
      const changed = (await site.changes()) > before;
      // A token remembers when it was used.
      if (changed && !isApi && (method === 'GET' || outcome !== 'open')) {
        wrong.push(`${line}: it changed something`);
      }
      if (changed) {
        await site.restore();
        await site.set(state);
      }
      if (expected === 'hidden' && /:slug|:id|:token/u.test(item.path)) {
        const of = absentPath(item, site, state);
        const key = `${role} ${method} ${of}`;
        const known =
          absent.get(key) ??
          masked((await site.ask({ method, path: of, role, by, ...(body && { body }) })).text, of);
        absent.set(key, known);
        if (masked(answer.text, path) !== known) wrong.push(`${line}: it says that it exists`);
      }
    }
  }
  return wrong;
}

describe('the table of routes', () => {
  it('has a row for every route of the application, and none besides', async () => {
    const routes = listRoutes(createApp(await makeDeps())).filter(
      (route) => !route.startsWith('ALL '),
    );
    const rows = Object.keys(TABLE).map((name) => name.split(' ').slice(0, 2).join(' '));
    expect(
      [...new Set(rows)].sort(),
      'a new route needs its rule in tests/access/table.ts',
    ).toEqual(routes);
  });
});

describe.each(STATES.map((state) => ({ state, name: nameOf(state) })))('$name', ({ state }) => {
  it('opens to each role what the table says, and changes nothing otherwise', async () => {
    const site = await makeSite();
    await site.set(state);
    const isFirst = state.submission === 'queued';
    const isPlain = isFirst && state.competition === 'public' && state.phase === 'open';
    const cases = CASES.filter(
      ({ about }) => about === 'submission' || (about === 'competition' ? isFirst : isPlain),
    );
    expect(await differences(site, state, cases)).toEqual([]);
  });
});

const PLAIN = STATES.find(
  ({ competition, phase, submission }) =>
    competition === 'public' && phase === 'open' && submission === 'queued',
) as State;

describe('whatever the role', () => {
  it('refuses forms without the token of the session that sends them', async () => {
    const site = await makeSite();
    await site.set(PLAIN);
    const other = (role: Role) => site.people[role === 'student' ? 'mate' : 'student'].csrf;
    const before = await site.changes();
    const wrong: string[] = [];
    for (const role of ROLES) {
      for (const item of CASES.filter(({ method, isApi }) => method === 'POST' && !isApi)) {
        const { csrf } = site.people[role];
        const path = sitePath(item, site, PLAIN);
        for (const [what, token, origin] of [
          ['none', null, null],
          ['wrong', 'x'.repeat(csrf.length), null],
          ['foreign', other(role), null],
          ['origin', csrf, 'https://elsewhere.example'],
          ['null origin', csrf, 'null'],
        ] as const) {
          const body = formOf(item, site, token);
          const answer = await site.ask({
            method: 'POST',
            path,
            role,
            ...(body && { body }),
            ...(origin === null ? {} : { headers: { origin } }),
          });
          // Where the body is read last, the answer may be that there is nothing to send to.
          const early =
            item.row.files === true && origin === null ? item.row.rule(role, PLAIN) : 'open';
          const expected = early === 'open' ? 'forbidden' : early;
          const outcome = outcomeOf(answer);
          if (outcome !== expected) wrong.push(`${role}: ${item.name}, ${what}: ${outcome}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(await site.changes()).toBe(before);
  });

  it('lets cookies do nothing at the API, and API tokens nothing on pages', async () => {
    const site = await makeSite();
    await site.set(PLAIN);
    const wrong: string[] = [];
    for (const role of ROLES) {
      for (const item of CASES.filter(({ about, isApi }) => about !== 'site' || isApi)) {
        const { method, isApi, row } = item;
        const answer = await site.ask({
          method,
          path: sitePath(item, site, PLAIN),
          role,
          by: isApi ? 'session' : 'token',
          ...(method === 'POST' && { body: formOf(item, site, null) as FormData }),
        });
        const anonymous = row.rule('anonymous', PLAIN);
        const isForm = method === 'POST' && !isApi && row.files !== true;
        const expected = isForm ? 'forbidden' : anonymous === 'missing' ? 'hidden' : anonymous;
        const outcome = outcomeOf(answer);
        if (outcome !== expected) wrong.push(`${role}: ${item.name}: ${outcome}, not ${expected}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('answers HEAD as GET and no other method at all', async () => {
    const site = await makeSite();
    await site.set(PLAIN);
    const before = await site.changes();
    const wrong: string[] = [];
    const paths = new Map(CASES.map((item) => [item.path, item]));
    for (const role of ['anonymous', 'admin'] as const) {
      for (const item of CASES.filter(({ method, isApi }) => method === 'GET' && !isApi)) {
        const path = sitePath(item, site, PLAIN);
        const [head, get] = [
          await site.ask({ method: 'HEAD', path, role }),
          await site.ask({ method: 'GET', path, role }),
        ];
        if (head.status !== get.status || head.text !== '')
          wrong.push(`${role}: HEAD ${item.path}`);
      }
      for (const item of paths.values()) {
        for (const method of ['PUT', 'PATCH', 'DELETE']) {
          const { csrf } = site.people[role];
          const body = new URLSearchParams({ csrf });
          const path = sitePath(item, site, PLAIN);
          const { status } = await site.ask({ method, path, role, body });
          if (![403, 404, 405].includes(status))
            wrong.push(`${role}: ${method} ${path}: ${status}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(await site.changes()).toBe(before);
  });
});
