import { z } from 'zod';

import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { timestamp } from '../lib/clock.ts';
import { newId } from '../lib/ids.ts';
import { hashSecret, newSecret } from '../lib/secrets.ts';
import {
  countLiveApiTokens,
  insertApiToken,
  listApiTokenRows,
  selectOptionalTokenUser,
  updateApiTokenRevoked,
  updateApiTokenUsed,
} from '../models/api-tokens.ts';
import { listRoleGrants } from '../models/role-grants.ts';
import type { Viewer } from './access.ts';
import { NameSchema, fieldErrors, viewerOf } from './accounts.ts';
import { recordAudit } from './audit.ts';

export interface ApiTokenItem {
  readonly id: string;
  readonly name: string;
  /** Last four characters. */
  readonly hint: string;
  readonly created_at: string;
  readonly last_used_at: string | null;
  /** Null: it works until it is revoked. */
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
}

/** Lets secret scanners and people recognise a token. */
const PREFIX = 'certamen_';
const MOST_LIVE_TOKENS = 20;
/** The time of last use is a hint for its owner: written at most this often. */
const USED_EVERY_MS = 60_000;

const DAY_MS = 24 * 60 * 60 * 1000;
/** Days for which a token may be made; 0 for no end. */
export const TOKEN_DAYS = [30, 90, 365, 0] as const;

const TokenSchema = z.object({
  name: NameSchema,
  days: z.literal(TOKEN_DAYS, { error: 'invalid' }),
});

/**
 * @param input.days one of TOKEN_DAYS; default: no end.
 * @returns the token, shown this once.
 * @throws AppError INVALID_FORM (fields name, days), TOKEN_LIMIT_REACHED
 */
export async function createApiToken(
  deps: Deps,
  input: { user: Viewer; name: string; days?: number },
): Promise<{ id: string; token: string }> {
  const parsed = TokenSchema.safeParse({ name: input.name, days: input.days ?? 0 });
  if (!parsed.success) throw new AppError('INVALID_FORM', { fields: fieldErrors(parsed.error) });
  const { name, days } = parsed.data;
  const id = newId();
  const token = `${PREFIX}${newSecret()}`;
  await deps.db.transaction().execute(async (trx) => {
    const now = timestamp(deps.clock);
    if ((await countLiveApiTokens(trx, input.user.id, now)) >= MOST_LIVE_TOKENS) {
      throw new AppError('TOKEN_LIMIT_REACHED', { params: { limit: MOST_LIVE_TOKENS } });
    }
    await insertApiToken(trx, {
      id,
      user_id: input.user.id,
      name,
      token_hash: hashSecret(token),
      hint: token.slice(-4),
      created_at: timestamp(deps.clock),
      last_used_at: null,
      expires_at: days === 0 ? null : timestamp(deps.clock, days * DAY_MS),
      revoked_at: null,
    });
    await recordAudit(deps, trx, {
      actor_id: input.user.id,
      action: 'api_token.created',
      subject: 'api_token',
      subject_id: id,
    });
  });
  return { id, token };
}

/** Newest first. */
export async function listApiTokens(deps: Deps, user: Viewer): Promise<ApiTokenItem[]> {
  const rows = await listApiTokenRows(deps.db, user.id);
  return rows.map(({ id, name, hint, created_at, last_used_at, expires_at, revoked_at }) => ({
    id,
    name,
    hint,
    created_at,
    last_used_at,
    expires_at,
    revoked_at,
  }));
}

/** @throws AppError NOT_FOUND when it is not the user's. */
export async function revokeApiToken(
  deps: Deps,
  input: { user: Viewer; id: string },
): Promise<void> {
  await deps.db.transaction().execute(async (trx) => {
    const token = { id: input.id, user_id: input.user.id, revoked_at: timestamp(deps.clock) };
    if (!(await updateApiTokenRevoked(trx, token))) throw new AppError('NOT_FOUND');
    await recordAudit(deps, trx, {
      actor_id: input.user.id,
      action: 'api_token.revoked',
      subject: 'api_token',
      subject_id: input.id,
    });
  });
}

/** Null when unknown, expired or revoked. */
export async function findTokenUser(deps: Deps, token: string): Promise<Viewer | null> {
  if (!token.startsWith(PREFIX)) return null;
  const now = timestamp(deps.clock);
  const found = await selectOptionalTokenUser(deps.db, hashSecret(token), now);
  if (found === null) return null;
  const { last_used_at } = found.token;
  if (last_used_at === null || Date.parse(now) - Date.parse(last_used_at) > USED_EVERY_MS) {
    await updateApiTokenUsed(deps.db, found.token.id, now);
  }
  return viewerOf(found.user, await listRoleGrants(deps.db, found.user.id));
}
