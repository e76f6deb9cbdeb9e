import type { IsolationLevel } from '../request.ts';

/** Weakest first. */
export const LEVELS: readonly IsolationLevel[] = ['process', 'partial', 'full'];
