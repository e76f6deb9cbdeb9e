import type { Deps } from '../deps.ts';
import type { Session } from './accounts.ts';

export type Mode = 'demo' | 'production' | 'plain';

/** True while the one-time link of a first production start is unused and `token` is its token. */
export declare function isSetupToken(deps: Deps, token: string): Promise<boolean>;
/** The first administrator signs up by the one-time link. @throws AppError SETUP_LINK_INVALID, and as signUp does */
export declare function claimSetup(
  deps: Deps,
  input: { token: string; name: string; email: string; password: string; locale: string },
): Promise<Session>;
