import type { Deps } from '../server/deps.ts';

export interface SeedOptions {
  /** One log line of English text at a time. */
  readonly onProgress?: (message: string) => void;
}

export interface SeedResult {
  /** Slug of the competition. */
  readonly competition: string;
  /** Accounts that were made now, with the only copy of their passwords. */
  readonly accounts: readonly { role: string; email: string; password: string }[];
  /** Baselines that were queued now. */
  readonly submissions: number;
}

/** Adds what is missing and changes nothing else: running it again is harmless. */
export type Seed = (deps: Deps, options?: SeedOptions) => Promise<SeedResult>;
