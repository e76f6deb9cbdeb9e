/** Level `process`: a fresh process and no walls. Good enough for weights and tables, never for code. */
import path from 'node:path';
import { linkCodeCache } from './code-cache.ts';
import type { Isolation, LaunchSpec } from './launch.ts';
import { CHILD_ENVIRONMENT, nodeArguments } from './launch.ts';
import { prlimitArguments, programs } from './rlimits.ts';
import { launch } from './spawn.ts';
import { giveBackUid, isReadableByOthers, canDropUid, takeUid } from './uid.ts';

const SANDBOX = path.resolve(import.meta.dirname, '..');

/**
 * The child gets an empty environment, its own process group, kernel limits where util-linux is there,
 * a watchdog on its memory, and, when we are root and the files allow it, a uid without any rights.
 *
 * @param notes why no better level is had.
 * @param codeCache folder of Node's compile cache.
 */
export function processIsolation(
  notes: readonly string[],
  codeCache: string | null = null,
): Isolation {
  const prlimit = programs.prlimit();
  const setpriv = programs.setpriv();
  return {
    report: { level: 'process', notes },
    launch(spec: LaunchSpec) {
      const dropped = canDropUid() && [process.execPath, spec.entry].every(isReadableByOthers);
      const uid = dropped ? takeUid() : null;
      if (codeCache !== null && uid !== null) linkCodeCache(codeCache, uid);
      const command = [
        // The kernel ends the child with its parent. Without setpriv it ends at its next read.
        ...(setpriv === null ? [] : [setpriv, '--no-new-privs', '--pdeathsig', 'KILL', '--']),
        ...(prlimit === null
          ? []
          : [prlimit, ...prlimitArguments(spec, { ownUid: dropped, capData: true })]),
        process.execPath,
        ...nodeArguments(spec, SANDBOX, spec.entry, codeCache),
      ];
      return launch({
        command: command[0] as string,
        args: command.slice(1),
        env: { ...CHILD_ENVIRONMENT, ...spec.access?.hostEnvironment },
        extraInputs: [],
        uid,
        memory_mb: spec.memory_mb,
        ownGroup: true,
        onSpawned: () => null,
        onGone: () => {
          if (uid !== null) giveBackUid(uid);
        },
      });
    },
  };
}
