import { describe, expect, it } from 'vitest';

import { findSessionUser, logIn, logOut, signUp } from '../../server/services/accounts.ts';
import {
  createApiToken,
  findTokenUser,
  listApiTokens,
  revokeApiToken,
} from '../../server/services/api-tokens.ts';
import { claimSetup, isSetupToken, prepareInstance } from '../../server/services/setup.ts';
import { makeDeps, type TestDeps } from '../factories/deps.ts';
import { makeUser } from '../factories/records.ts';

const ada = {
  name: ' Ada ',
  email: 'Ada@Certamen.example ',
  password: 'a long enough password',
  locale: 'es',
};

/** Everything that the database holds, as text. */
async function dump(deps: TestDeps): Promise<string> {
  const rows = await Promise.all(
    (['users', 'sessions', 'api_tokens', 'settings', 'audit_events'] as const).map((table) =>
      deps.db.selectFrom(table).selectAll().execute(),
    ),
  );
  return JSON.stringify(rows);
}

describe('an account', () => {
  it('is made, logs in under any spelling of its address, and logs out', async () => {
    const deps = await makeDeps();
    const first = await signUp(deps, ada);
    expect(first.user).toMatchObject({
      name: 'Ada',
      email: 'ada@certamen.example',
      locale: 'es',
      roles: [],
    });
    const second = await logIn(deps, { email: 'ADA@certamen.EXAMPLE', password: ada.password });
    expect(second.token).not.toBe(first.token);
    expect(await findSessionUser(deps, second.token)).toEqual(first.user);
    await logOut(deps, second.token);
    await logOut(deps, second.token);
    expect(await findSessionUser(deps, second.token)).toBeNull();
    expect(await findSessionUser(deps, first.token)).toEqual(first.user);
  });

  it('keeps neither password nor tokens readable', async () => {
    const deps = await makeDeps();
    const { token, user } = await signUp(deps, ada);
    const api = await createApiToken(deps, { user, name: 'laptop' });
    const text = await dump(deps);
    expect(text).not.toContain(ada.password);
    expect(text).not.toContain(token);
    expect(text).not.toContain(api.token);
    expect(text).toContain('$argon2id$');
  });

  it('gives the same answer for an unknown address and a wrong password', async () => {
    const deps = await makeDeps();
    await signUp(deps, ada);
    const refusal = async (email: string, password: string) =>
      logIn(deps, { email, password }).then(
        () => 'in',
        (error: unknown) => JSON.stringify(error),
      );
    const wrong = await refusal(ada.email, 'another password');
    expect(wrong).toContain('LOGIN_FAILED');
    expect(await refusal('nobody@certamen.example', 'another password')).toBe(wrong);
    expect(await refusal('', '')).toBe(wrong);
  });

  it('is refused for an address that is taken, also by two at once', async () => {
    const deps = await makeDeps();
    const made = await Promise.allSettled([signUp(deps, ada), signUp(deps, ada)]);
    expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(signUp(deps, { ...ada, email: 'ADA@certamen.example' })).rejects.toMatchObject({
      code: 'EMAIL_TAKEN',
      fields: { email: 'email_taken' },
    });
  });

  it('names every field that cannot be used', async () => {
    const deps = await makeDeps();
    await expect(
      signUp(deps, { name: 'a\u202eb', email: 'nowhere', password: 'short', locale: 'xx' }),
    ).rejects.toMatchObject({
      code: 'INVALID_FORM',
      fields: {
        name: 'invalid',
        email: 'email',
        password: 'password_short',
        locale: 'invalid',
      },
    });
    await expect(
      signUp(deps, { ...ada, name: '  ', password: 'x'.repeat(201) }),
    ).rejects.toMatchObject({ fields: { name: 'required', password: 'password_long' } });
  });

  it('is logged out when its session has lasted its days', async () => {
    const deps = await makeDeps({ SESSION_DAYS: '2' });
    const { token } = await signUp(deps, ada);
    deps.clock.advance(2 * 86_400_000 - 1);
    expect(await findSessionUser(deps, token)).not.toBeNull();
    deps.clock.advance(1);
    expect(await findSessionUser(deps, token)).toBeNull();
  });
});

describe('an API token', () => {
  it('speaks for its user until it is revoked', async () => {
    const deps = await makeDeps();
    const user = await makeUser(deps);
    const { id, token } = await createApiToken(deps, { user, name: ' laptop ' });
    expect(await findTokenUser(deps, token)).toEqual(user);
    expect(await listApiTokens(deps, user)).toEqual([
      {
        id,
        name: 'laptop',
        hint: token.slice(-4),
        created_at: deps.clock.now().toISOString(),
        last_used_at: deps.clock.now().toISOString(),
        expires_at: null,
        revoked_at: null,
      },
    ]);
    await revokeApiToken(deps, { user, id });
    expect(await findTokenUser(deps, token)).toBeNull();
  });

  it('is not another user’s to revoke', async () => {
    const deps = await makeDeps();
    const user = await makeUser(deps);
    const { id, token } = await createApiToken(deps, { user, name: 'a' });
    const other = await makeUser(deps);
    await expect(revokeApiToken(deps, { user: other, id })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await findTokenUser(deps, token)).not.toBeNull();
    expect(await listApiTokens(deps, other)).toEqual([]);
  });

  it.each(['', 'certamen_', 'certamen_wrong', "' or 1=1 --"])('is not %j', async (token) => {
    const deps = await makeDeps();
    await createApiToken(deps, { user: await makeUser(deps), name: 'a' });
    expect(await findTokenUser(deps, token)).toBeNull();
  });

  it('can be had twenty times at once', async () => {
    const deps = await makeDeps();
    const user = await makeUser(deps);
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, n) => createApiToken(deps, { user, name: `t${n}` })),
    );
    const more = () => createApiToken(deps, { user, name: 'more' });
    await expect(more()).rejects.toMatchObject({ code: 'TOKEN_LIMIT_REACHED' });
    await revokeApiToken(deps, { user, id: made[0]?.id ?? '' });
    await more();
  });
});

describe('a data folder', () => {
  it('is a demo when it is empty and nobody asks for more, and stays one', async () => {
    const deps = await makeDeps({ CERTAMEN_MODE: 'auto' });
    expect(await prepareInstance(deps)).toEqual({ mode: 'demo', setup_url: null });
    await makeUser(deps);
    expect((await prepareInstance(deps)).mode).toBe('demo');
  });

  it('of a demo is refused in production', async () => {
    const deps = await makeDeps({ CERTAMEN_MODE: 'auto' });
    await prepareInstance(deps);
    const production = { ...deps, config: { ...deps.config, NODE_ENV: 'production' } };
    await expect(prepareInstance(production)).rejects.toThrow(/started in demo mode/u);
  });

  it('of production never becomes a demo', async () => {
    const deps = await makeDeps({ CERTAMEN_MODE: 'production', ACCEPT_WEAK_ISOLATION: 'true' });
    await prepareInstance(deps);
    const auto = { ...deps, config: { ...deps.config, CERTAMEN_MODE: 'auto' as const } };
    expect((await prepareInstance(auto)).mode).toBe('production');
    const demo = { ...deps, config: { ...deps.config, CERTAMEN_MODE: 'demo' as const } };
    await expect(prepareInstance(demo)).rejects.toThrow(/started in production mode/u);
  });

  it('of production makes its first administrator by a link that works once', async () => {
    const deps = await makeDeps({
      CERTAMEN_MODE: 'production',
      ACCEPT_WEAK_ISOLATION: 'true',
      PUBLIC_URL: 'https://c.example',
    });
    const { setup_url: lost } = await prepareInstance(deps);
    const { setup_url } = await prepareInstance(deps);
    expect(setup_url).toMatch(/^https:\/\/c\.example\/setup\/[\w-]{43}$/u);
    const token = setup_url?.split('/').at(-1) ?? '';
    // Each start without an administrator makes a new link; the older one is void.
    expect(await isSetupToken(deps, lost?.split('/').at(-1) ?? '')).toBe(false);
    expect(await isSetupToken(deps, token)).toBe(true);
    expect(await dump(deps)).not.toContain(token);

    await expect(claimSetup(deps, { ...ada, token: 'wrong' })).rejects.toMatchObject({
      code: 'SETUP_LINK_INVALID',
    });
    const claimed = await Promise.allSettled([
      claimSetup(deps, { ...ada, token }),
      claimSetup(deps, { ...ada, email: 'eve@certamen.example', token }),
    ]);
    expect(claimed.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const [session] = claimed.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(session?.user.roles).toEqual([{ scope: 'site', scope_id: '', role: 'admin' }]);
    expect(await findSessionUser(deps, session?.token ?? '')).toEqual(session?.user);
    expect(await deps.db.selectFrom('users').select('id').execute()).toHaveLength(1);
    expect((await prepareInstance(deps)).setup_url).toBeNull();
  });
});
