/** One competition with everything that somebody may ask for, a person of every role, and a way to set its state. */

import { sql } from 'kysely';

import { createApp } from '../../server/app.ts';
import { newId } from '../../server/lib/ids.ts';
import { hashSecret, newSecret } from '../../server/lib/secrets.ts';
import { insertSettingOnce } from '../../server/models/settings.ts';
import type { RoleGrant, Viewer } from '../../server/services/access.ts';
import { createResetLink, openSession } from '../../server/services/accounts.ts';
import { createApiToken } from '../../server/services/api-tokens.ts';
import { saveCompetitionPage } from '../../server/services/competition-pages.ts';
import { inviteToTeam, joinTeam } from '../../server/services/teams.ts';
import { startListening } from '../factories/listen.ts';
import { makeDeps, type TestDeps } from '../factories/deps.ts';
import { makeCompetition, makeModelFile, makeSubmission, makeUser } from '../factories/records.ts';
import { runQueue } from '../stories/run-queue.ts';

export const ROLES = [
  'anonymous',
  'student',
  'member',
  'mate',
  'instructor',
  'instructor-elsewhere',
  'organizer',
  'organizer-elsewhere',
  'admin',
] as const;
export type Role = (typeof ROLES)[number];

export interface State {
  readonly competition: 'draft' | 'public';
  readonly phase: 'upcoming' | 'open' | 'closed';
  readonly private: 'hidden' | 'revealed';
  readonly submission: 'queued' | 'succeeded' | 'failed';
}

/** Every state there can be: a private split is not revealed before the phase has closed. */
export const STATES: readonly State[] = (['draft', 'public'] as const).flatMap((competition) =>
  (['queued', 'succeeded', 'failed'] as const).flatMap((submission) => [
    { competition, phase: 'upcoming', private: 'hidden', submission } as const,
    { competition, phase: 'open', private: 'hidden', submission } as const,
    { competition, phase: 'closed', private: 'hidden', submission } as const,
    { competition, phase: 'closed', private: 'revealed', submission } as const,
  ]),
);

export interface Answer {
  readonly status: number;
  readonly location: string;
  readonly type: string;
  readonly text: string;
  readonly headers: Headers;
}

interface Person {
  readonly cookie: string;
  readonly csrf: string;
  /** API token; null for anonymous. */
  readonly token: string | null;
}

const HOUR_MS = 60 * 60 * 1000;

export interface Site {
  readonly deps: TestDeps;
  readonly url: string;
  readonly people: Readonly<Record<Role, Person>>;
  readonly slug: string;
  readonly submissions: Readonly<Record<State['submission'], string>>;
  /** Ids and secrets that paths name. */
  readonly things: Readonly<
    Record<
      | 'email'
      | 'entry'
      | 'grant'
      | 'invitation'
      | 'join'
      | 'password'
      | 'reset'
      | 'setup'
      | 'token'
      | 'user',
      string
    >
  >;
  set(state: State): Promise<void>;
  /** How many rows were changed since the database was opened. */
  changes(): Promise<number>;
  /** Puts every row back that was there when the site was made; the state has to be set again. */
  restore(): Promise<void>;
  ask(request: {
    readonly method: string;
    readonly path: string;
    readonly role: Role;
    readonly by?: 'session' | 'token';
    readonly body?: URLSearchParams | FormData;
    readonly headers?: Readonly<Record<string, string>>;
  }): Promise<Answer>;
}

export async function makeSite(): Promise<Site> {
  const deps = await makeDeps({
    REQUESTS_PER_MINUTE: '1000000',
    LOGINS_PER_HOUR: '1000000',
    // Each request comes from an address of its own, past the limits on uploads.
    TRUST_PROXY_HOPS: '1',
  });
  const { competition_id, phase_id, slug } = await makeCompetition(deps, {
    slug: 'here',
    phase: { display_rule: 'chosen' },
  });
  const elsewhere = await makeCompetition(deps, { slug: 'elsewhere' });
  const in_ = (scope_id: string, role: string): RoleGrant => ({
    scope: 'competition',
    scope_id,
    role,
  });
  const roles: Record<Exclude<Role, 'anonymous'>, RoleGrant[]> = {
    student: [],
    member: [],
    mate: [],
    instructor: [in_(competition_id, 'instructor')],
    'instructor-elsewhere': [in_(elsewhere.competition_id, 'instructor')],
    organizer: [in_(competition_id, 'organizer')],
    'organizer-elsewhere': [in_(elsewhere.competition_id, 'organizer')],
    admin: [{ scope: 'site', scope_id: '', role: 'admin' }],
  };
  const viewers = new Map<Role, Viewer>();
  for (const [role, grants] of Object.entries(roles)) {
    viewers.set(role as Role, await makeUser(deps, { name: `The ${role}`, roles: grants }));
  }
  const viewer = (role: Role): Viewer => {
    const found = viewers.get(role);
    if (found === undefined) throw new Error(`nobody is ${role}`);
    return found;
  };

  const member = viewer('member');
  const link = await inviteToTeam(deps, { slug, viewer: member });
  await joinTeam(deps, { token: lastPart(link.url), viewer: viewer('mate') });
  const open = await inviteToTeam(deps, { slug, viewer: member });
  const { id: invitation } = await deps.db
    .selectFrom('team_invitations')
    .select('id')
    .executeTakeFirstOrThrow();
  await saveCompetitionPage(deps, {
    slug,
    page: null,
    viewer: viewer('organizer'),
    form: { slug: 'rules', title_en: 'Rules', title_es: 'Reglas', body_en: '', body_es: '' },
  });
  const to = { phase_id, user: member };
  const succeeded = await makeSubmission(deps, { ...to, files: [await makeModelFile(deps)] });
  const failed = await makeSubmission(deps, to);
  await runQueue(deps);
  const queued = await makeSubmission(deps, to);
  const reset = await createResetLink(deps, { email: member.email, actor_id: null });
  const { id: token } = await createApiToken(deps, { user: member, name: 'laptop' });
  const setup = newSecret();
  await insertSettingOnce(deps.db, 'setup_token_hash', hashSecret(setup));
  const { id: entry } = await deps.db.selectFrom('entries').select('id').executeTakeFirstOrThrow();

  const { url } = await startListening(createApp(deps));

  const people = {} as Record<Role, Person>;
  for (const role of ROLES) {
    const own =
      role === 'anonymous'
        ? null
        : {
            session: (await openSession(deps, deps.db, viewer(role).id)).token,
            token: (await createApiToken(deps, { user: viewer(role), name: 'matrix' })).token,
          };
    const page = await fetch(`${url}/login`, {
      headers: own === null ? {} : { cookie: `certamen_session=${own.session}` },
    });
    const text = await page.text();
    const [cookie = ''] = page.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');
    people[role] = {
      cookie: own === null ? cookie : `certamen_session=${own.session}`,
      csrf: /name="csrf" value="([^"]+)"/u.exec(text)?.[1] ?? '',
      token: own?.token ?? null,
    };
  }
  const restore = await takeSnapshot(deps);
  let asked = 0;

  return {
    deps,
    url,
    people,
    slug,
    submissions: {
      queued: queued.submission_id,
      succeeded: succeeded.submission_id,
      failed: failed.submission_id,
    },
    things: {
      invitation,
      join: lastPart(open.url),
      reset: lastPart(reset.url),
      setup,
      token,
      entry,
      user: viewer('instructor').id,
      grant: `instructor:competition:${competition_id}`,
      email: viewer('student').email,
      password: 'a long enough password',
    },
    restore,
    async set(state) {
      const now = deps.clock.now().getTime();
      const at = (hours: number) => new Date(now + hours * HOUR_MS).toISOString();
      const [starts_at, ends_at] = {
        upcoming: [at(1), at(2)],
        open: [at(-1), at(1)],
        closed: [at(-2), at(-1)],
      }[state.phase] as [string, string];
      await deps.db
        .updateTable('competitions')
        .set({ state: state.competition })
        .where('id', '=', competition_id)
        .execute();
      await deps.db
        .updateTable('phases')
        .set({
          starts_at,
          ends_at,
          reveal_rule: 'by-organizer',
          revealed_at: state.private === 'revealed' ? at(-1) : null,
        })
        .where('id', '=', phase_id)
        .execute();
    },
    async changes() {
      const { rows } = await sql<{ n: number }>`select total_changes() as n`.execute(deps.db);
      return rows[0]?.n ?? 0;
    },
    async ask({ method, path, role, by = 'session', body, headers = {} }) {
      const { cookie, token } = people[role];
      const credentials: Record<string, string> =
        by === 'session' ? { cookie } : token === null ? {} : { authorization: `Bearer ${token}` };
      asked += 1;
      const answer = await fetch(`${url}${path}`, {
        method,
        redirect: 'manual',
        headers: {
          'accept-language': 'en',
          'x-forwarded-for': `10.${asked >> 16}.${(asked >> 8) & 255}.${asked & 255}`,
          ...credentials,
          ...headers,
        },
        ...(body === undefined ? {} : { body }),
      });
      return {
        status: answer.status,
        location: answer.headers.get('location') ?? '',
        type: answer.headers.get('content-type') ?? '',
        text: await readText(answer),
        headers: answer.headers,
      };
    },
  };
}

/** The whole body; of a stream of events what comes at once. */
async function readText(answer: Response): Promise<string> {
  const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  if (!isStream || answer.body === null) return answer.text();
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  const first = await Promise.race([
    reader.read().then(({ value }) => value),
    new Promise<null>((resolve) => setTimeout(() => resolve(null), 200)),
  ]);
  await reader.cancel();
  return Buffer.from(first ?? []).toString('utf8');
}

/** Copies every table, and gives the way back. */
async function takeSnapshot({ db }: TestDeps): Promise<() => Promise<void>> {
  const { rows } = await sql<{ name: string }>`
    select name from sqlite_master where type = 'table' and name not like 'sqlite_%'`.execute(db);
  const tables = rows.map(({ name }) => name);
  for (const name of tables) {
    await sql`create temp table ${sql.raw(`"kept_${name}" as select * from main."${name}"`)}`.execute(
      db,
    );
  }
  return async () => {
    await sql`pragma foreign_keys = off`.execute(db);
    await db.transaction().execute(async (trx) => {
      for (const name of tables) {
        await sql.raw(`delete from main."${name}"`).execute(trx);
        await sql.raw(`insert into main."${name}" select * from "kept_${name}"`).execute(trx);
      }
    });
    await sql`pragma foreign_keys = on`.execute(db);
  };
}

function lastPart(url: string): string {
  return url.split('/').at(-1) ?? '';
}

/** An id of the right form that nothing has. */
export const NOTHING = newId();
