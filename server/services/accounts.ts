import type { Deps } from '../deps.ts';
import type { Viewer } from './access.ts';

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

/** Creates the account and logs it in. @throws AppError INVALID_FORM (fields name, email, password), EMAIL_TAKEN */
export declare function signUp(deps: Deps, input: SignUpInput): Promise<Session>;
/** @throws AppError LOGIN_FAILED, the same in text and time for an unknown address and a wrong password. */
export declare function logIn(
  deps: Deps,
  input: { email: string; password: string },
): Promise<Session>;
/** No error when the session is gone already. */
export declare function logOut(deps: Deps, token: string): Promise<void>;
/** Null when the token is unknown, expired or logged out. */
export declare function findSessionUser(deps: Deps, token: string): Promise<Viewer | null>;
export declare function setLocale(
  deps: Deps,
  input: { user: Viewer; locale: string },
): Promise<void>;
