import type { Deps } from '../deps.ts';
import type { Viewer } from './access.ts';

export interface ApiTokenItem {
  readonly id: string;
  readonly name: string;
  /** Last four characters. */
  readonly hint: string;
  readonly created_at: string;
  readonly last_used_at: string | null;
  readonly revoked_at: string | null;
}

/** @returns the token, shown this once. @throws AppError INVALID_FORM (field name), TOKEN_LIMIT_REACHED */
export declare function createApiToken(
  deps: Deps,
  input: { user: Viewer; name: string },
): Promise<{ id: string; token: string }>;
export declare function listApiTokens(deps: Deps, user: Viewer): Promise<ApiTokenItem[]>;
/** @throws AppError NOT_FOUND when it is not the user's. */
export declare function revokeApiToken(
  deps: Deps,
  input: { user: Viewer; id: string },
): Promise<void>;
/** Null when unknown or revoked. */
export declare function findTokenUser(deps: Deps, token: string): Promise<Viewer | null>;
