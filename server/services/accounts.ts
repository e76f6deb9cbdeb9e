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
import {
  deletePasswordReset,
  deletePasswordResets,
  insertPasswordReset,
  selectOptionalPasswordReset,
} from '../models/password-resets.ts';
import { insertRoleGrant, listRoleGrants } from '../models/role-grants.ts';
import {
  countUserSessions,
  deleteExpiredSessions,
  deleteSession,
  deleteUserSessions,
  insertSession,
  selectOptionalSessionUser,
} from '../models/sessions.ts';
import {
  insertUser,
  selectOptionalUser,
  selectOptionalUserByEmail,
  updateUserLocale,
  updateUserPassword,
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
const PRINTABLE = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]*$/u;

/** A name that others read: of a person, a team or a token. Each message is a FieldProblem. */
export const NameSchema = z
  .string()
  .trim()
  .min(FIELD_LIMITS.name.min, 'required')
  .max(FIELD_LIMITS.name.max, 'name_length')
  .regex(PRINTABLE, 'invalid');

/** Each message is a FieldProblem. */
const SignUpSchema = z.object({
  name: NameSchema,
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

/** How long a link to choose a new password works. */
export const RESET_LINK_HOURS = 24;

const PasswordSchema = SignUpSchema.pick({ password: true });

async function hashNewPassword(password: string): Promise<string> {
  const parsed = PasswordSchema.safeParse({ password });
  if (!parsed.success) throw new AppError('INVALID_FORM', { fields: fieldErrors(parsed.error) });
  return hashPassword(parsed.data.password);
}

/** A new password ends every session and every open link; the one who gave it is logged in afresh. */
async function replacePassword(
  deps: Deps,
  trx: Db,
  change: { user_id: string; password_hash: string; action: string },
): Promise<Pick<Session, 'token' | 'expires_at'>> {
  const { user_id, password_hash, action } = change;
  await updateUserPassword(trx, user_id, password_hash);
  await deleteUserSessions(trx, user_id);
  await deletePasswordResets(trx, user_id);
  await recordAudit(deps, trx, { actor_id: user_id, action, subject: 'user', subject_id: user_id });
  return openSession(deps, trx, user_id);
}

/**
 * @returns the only session that the account has from now on.
 * @throws AppError INVALID_FORM (fields current, password)
 */
export async function changePassword(
  deps: Deps,
  input: { user: Viewer; current: string; password: string },
): Promise<Session> {
  const { user } = input;
  const row = await selectOptionalUser(deps.db, user.id);
  const matches =
    row !== null && (await verifyPassword(row.password_hash, input.current.slice(0, 1_000)));
  if (!matches) throw new AppError('INVALID_FORM', { fields: { current: 'password_wrong' } });
  const password_hash = await hashNewPassword(input.password);
  const session = await deps.db
    .transaction()
    .execute((trx) =>
      replacePassword(deps, trx, { user_id: user.id, password_hash, action: 'password.changed' }),
    );
  return { ...session, user };
}

/**
 * A one-time link to choose a new password, to be handed over by whoever made sure who asks: the site
 * sends no mail. Earlier links of the account are void.
 *
 * @param input.actor_id who made it; null for the operator at the command line.
 * @throws AppError USER_NOT_FOUND
 */
export async function createResetLink(
  deps: Deps,
  input: { email: string; actor_id: string | null },
): Promise<{ url: string; expires_at: string }> {
  const user = await selectOptionalUserByEmail(deps.db, input.email.trim().toLowerCase());
  if (user === null) throw new AppError('USER_NOT_FOUND');
  const token = newSecret();
  const expires_at = timestamp(deps.clock, RESET_LINK_HOURS * 60 * 60 * 1000);
  await deps.db.transaction().execute(async (trx) => {
    await deletePasswordResets(trx, user.id);
    await insertPasswordReset(trx, {
      token_hash: hashSecret(token),
      user_id: user.id,
      created_at: timestamp(deps.clock),
      expires_at,
    });
    await recordAudit(deps, trx, {
      actor_id: input.actor_id,
      action: 'password.reset_link_created',
      subject: 'user',
      subject_id: user.id,
    });
  });
  return { url: `${deps.config.PUBLIC_URL}/reset/${token}`, expires_at };
}

export async function isResetToken(deps: Deps, token: string): Promise<boolean> {
  const reset = await selectOptionalPasswordReset(
    deps.db,
    hashSecret(token),
    timestamp(deps.clock),
  );
  return reset !== null;
}

/** @throws AppError RESET_LINK_INVALID, INVALID_FORM (field password), which leaves the link as it is. */
export async function resetPassword(
  deps: Deps,
  input: { token: string; password: string },
): Promise<Pick<Session, 'token' | 'expires_at'>> {
  const token_hash = hashSecret(input.token);
  const now = timestamp(deps.clock);
  if ((await selectOptionalPasswordReset(deps.db, token_hash, now)) === null) {
    throw new AppError('RESET_LINK_INVALID');
  }
  const password_hash = await hashNewPassword(input.password);
  return deps.db.transaction().execute(async (trx) => {
    const reset = await selectOptionalPasswordReset(trx, token_hash, now);
    if (reset === null || !(await deletePasswordReset(trx, token_hash))) {
      throw new AppError('RESET_LINK_INVALID');
    }
    return replacePassword(deps, trx, {
      user_id: reset.user_id,
      password_hash,
      action: 'password.reset',
    });
  });
}

/** Ends every session of the account; the one who asks gets a new one. */
export async function logOutElsewhere(deps: Deps, user: Viewer): Promise<Session> {
  const session = await deps.db.transaction().execute(async (trx) => {
    await deleteUserSessions(trx, user.id);
    await recordAudit(deps, trx, {
      actor_id: user.id,
      action: 'sessions.ended',
      subject: 'user',
      subject_id: user.id,
    });
    return openSession(deps, trx, user.id);
  });
  return { ...session, user };
}

export async function countSessions(deps: Deps, user: Viewer): Promise<number> {
  return countUserSessions(deps.db, user.id, timestamp(deps.clock));
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
