import { seedDigits } from './digits.ts';
import type { Seed } from './seed.ts';

export const SEEDS = { digits: seedDigits } as const satisfies Record<string, Seed>;

export type SeedName = keyof typeof SEEDS;

export const SEED_NAMES = Object.keys(SEEDS) as SeedName[];

export function isSeedName(name: string): name is SeedName {
  return Object.hasOwn(SEEDS, name);
}
