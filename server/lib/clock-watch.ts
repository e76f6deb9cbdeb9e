import type { Clock } from './clock.ts';

/**
 * Notices that the clock of the machine was set, or that the machine slept, by a clock that nobody can set.
 *
 * @returns a function that tells by how many ms the clock ran ahead of that one since the last call; negative:
 *   it was set back.
 */
export function watchClock(clock: Clock, steadyMs = () => performance.now()): () => number {
  let wall = clock.now().getTime();
  let steady = steadyMs();
  return () => {
    const before = { wall, steady };
    wall = clock.now().getTime();
    steady = steadyMs();
    return wall - before.wall - (steady - before.steady);
  };
}
