import { z } from 'zod';

import type { Db } from '../db/connect.ts';
import { isUniqueViolation } from '../db/dialect.ts';
import type { Deps } from '../deps.ts';
import { AppError, FIELD_PROBLEMS, type FieldProblem } from '../errors.ts';
import { timestamp } from '../lib/clock.ts';
import { FIELD_LIMITS } from '../lib/field-limits.ts';
import { newId } from '../lib/ids.ts';
import { hashPassword, makePassword, verifyPassword } from '../lib/passwords.ts';
import { hashSecret, newSecret } from '../lib/secrets.ts';
import { insertRoleGrant, listRoleGrants } from '../models/role-grants.ts';
import {
  deleteExpiredSessions,
  deleteSession,
  insertSession,
  selectOptionalSessionUser,
} from '../models/sessions.ts';
import {
  insertUser,
  selectOptionalUserByEmail,
  updateUserLocale,
  type UserRow,
} from '../models/users.ts';
import type { RoleGrant, Viewer } from './access.ts';
import { recordAudit } from './audit.ts';

export interface SignUpInput {
  readonly name: string;
  readonly email: string;
  readonly password: string;
  /** `en` or `es`. */
  readonly locale: string;
}

/** The token is the cookie's value; only its hash is stored. */
export interface Session {
  readonly token: string;
  /** ISO-8601 UTC. */
  readonly expires_at: string;
  readonly user: Viewer;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** No control, bidirectional or invisible characters: names stand beside others on a board. */
export const PRINTABLE = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]*$/u;

/** Each message is a FieldProblem. */
const SignUpSchema = z.object({
  name: z
    .string()
    .trim()
    .min(FIELD_LIMITS.name.min, 'required')
    .max(FIELD_LIMITS.name.max, 'name_length')
    .regex(PRINTABLE, 'invalid'),
  email: z
    .string()
    .trim()
    .toLowerCase()
    .min(1, 'required')
    .max(FIELD_LIMITS.email.max, 'email')
    .pipe(z.email('email')),
  password: z
    .string()
    .min(FIELD_LIMITS.password.min, 'password_short')
    .max(FIELD_LIMITS.password.max, 'password_long'),
  locale: z.enum(['en', 'es'], { error: 'invalid' }),
});

/** Creates the account and logs it in. @throws AppError INVALID_FORM (fields name, email, password), EMAIL_TAKEN */
export async function signUp(deps: Deps, input: SignUpInput): Promise<Session> {
  const prepared = await prepareAccount(input);
  const { id, session } = await deps.db.transaction().execute(async (trx) => {
    const id = await createAccount(deps, trx, prepared, []);
    return { id, session: await openSession(deps, trx, id) };
  });
  return { ...session, user: viewerOf({ ...prepared, id }, []) };
}

/**
 * For seeds: an account with a random password.
 *
 * @returns the password, of which there is no other copy; null when the address has an account already.
 */
export async function ensureAccount(
  deps: Deps,
  account: Omit<SignUpInput, 'password'> & { readonly roles: readonly RoleGrant[] },
): Promise<string | null> {
  const { roles, ...input } = account;
  if ((await selectOptionalUserByEmail(deps.db, input.email)) !== null) return null;
  const password = makePassword();
  const prepared = await prepareAccount({ ...input, password });
  await deps.db.transaction().execute((trx) => createAccount(deps, trx, prepared, roles));
  return password;
}

/** What is slow, done before the transaction starts. @throws AppError INVALID_FORM */
export async function prepareAccount(
  input: SignUpInput,
): Promise<Pick<UserRow, 'name' | 'email' | 'password_hash' | 'locale'>> {
  const parsed = SignUpSchema.safeParse(input);
  if (!parsed.success) throw new AppError('INVALID_FORM', { fields: fieldErrors(parsed.error) });
  const { password, ...columns } = parsed.data;
  return { ...columns, password_hash: await hashPassword(password) };
}

/** @returns the user's id. @throws AppError EMAIL_TAKEN */
export async function createAccount(
  deps: Pick<Deps, 'clock'>,
  trx: Db,
  account: Pick<UserRow, 'name' | 'email' | 'password_hash' | 'locale'>,
  roles: readonly RoleGrant[],
): Promise<string> {
  const id = newId();
  const created_at = timestamp(deps.clock);
  try {
    await insertUser(trx, { ...account, id, created_at });
  } catch (error) {
    if (isUniqueViolation(error)) {
      throw new AppError('EMAIL_TAKEN', { fields: { email: 'email_taken' }, cause: error });
    }
    throw error;
  }
  for (const grant of roles) {
    await insertRoleGrant(trx, { ...grant, id: newId(), user_id: id, created_at });
  }
  await recordAudit(deps, trx, {
    actor_id: id,
    action: 'account.created',
    subject: 'user',
    subject_id: id,
    detail: { roles: roles.map(({ scope, role }) => `${scope}:${role}`).join(' ') },
  });
  return id;
}

export async function openSession(
  deps: Pick<Deps, 'clock' | 'config'>,
  trx: Db,
  userId: string,
): Promise<Pick<Session, 'token' | 'expires_at'>> {
  const token = newSecret();
  const expires_at = timestamp(deps.clock, deps.config.SESSION_DAYS * DAY_MS);
  await deleteExpiredSessions(trx, timestamp(deps.clock));
  await insertSession(trx, {
    token_hash: hashSecret(token),
    user_id: userId,
    created_at: timestamp(deps.clock),
    expires_at,
  });
  return { token, expires_at };
}

/** Of a password that nobody has; compared against for unknown addresses, so that both cases take one Argon2 computation. */
const DECOY_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$OFfkFKtdI+Nd5AvHT9G0NQ$JQWc4P9OY972Pr/TeVHtgAJz1UOYQtmUOHnReMHD2Do';

/** @throws AppError LOGIN_FAILED, the same in text and time for an unknown address and a wrong password. */
export async function logIn(
  deps: Deps,
  input: { email: string; password: string },
): Promise<Session> {
  const email = input.email.trim().toLowerCase();
  const user = await selectOptionalUserByEmail(deps.db, email);
  const hash = user?.password_hash ?? DECOY_HASH;
  const matches = await verifyPassword(hash, input.password.slice(0, 1_000));
  if (user === null || !matches) throw new AppError('LOGIN_FAILED');
  const session = await deps.db.transaction().execute((trx) => openSession(deps, trx, user.id));
  return { ...session, user: viewerOf(user, await listRoleGrants(deps.db, user.id)) };
}

/** No error when the session is gone already. */
export async function logOut(deps: Deps, token: string): Promise<void> {
  await deleteSession(deps.db, hashSecret(token));
}

/** Null when the token is unknown, expired or logged out. */
export async function findSessionUser(deps: Deps, token: string): Promise<Viewer | null> {
  const user = await selectOptionalSessionUser(deps.db, hashSecret(token), timestamp(deps.clock));
  return user === null ? null : viewerOf(user, await listRoleGrants(deps.db, user.id));
}

export async function setLocale(
  deps: Deps,
  input: { user: Viewer; locale: string },
): Promise<void> {
  if (input.locale !== 'en' && input.locale !== 'es') {
    throw new AppError('INVALID_FORM', { fields: { locale: 'invalid' } });
  }
  await updateUserLocale(deps.db, input.user.id, input.locale);
}

export function viewerOf(
  user: Pick<UserRow, 'id' | 'email' | 'name' | 'locale'>,
  roles: readonly RoleGrant[],
): Viewer {
  return {
    id: user.id,
    email: user.email,
    name: user.name,
    locale: user.locale,
    roles: roles.map(({ scope, scope_id, role }) => ({ scope, scope_id, role })),
  };
}

/** The first problem of each field. */
export function fieldErrors(error: z.ZodError): Record<string, FieldProblem> {
  const fields: Record<string, FieldProblem> = {};
  for (const { path, message } of error.issues) {
    const field = String(path[0] ?? 'form');
    if (Object.hasOwn(fields, field)) continue;
    fields[field] = FIELD_PROBLEMS.find((problem) => problem === message) ?? 'invalid';
  }
  return fields;
}
