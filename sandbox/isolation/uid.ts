/** User ids that belong to nobody, one per concurrent run, for a host that is root. */
import { randomInt } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';

/**
 * First of the ids that systemd's table of user ids ("UIDS-GIDS") leaves unused below its dynamic
 * users; no distribution hands them out.
 */
const FIRST_UID = 60_600;
const UIDS = 512;

const taken = new Set<number>();

const CAP_SETGID = 6n;
const CAP_SETUID = 7n;

function mapsAll(map: string): boolean {
  return map
    .split('\n')
    .map((line) => line.trim().split(/\s+/u).map(Number))
    .some(([first = 0, , count = 0]) => first <= FIRST_UID && first + count >= FIRST_UID + UIDS);
}

/**
 * Whether this process can start another under one of these ids: it is root, with the capabilities
 * for it, and not in a container that knows a few ids only.
 */
export function canDropUid(): boolean {
  if (process.getuid?.() !== 0 || process.platform !== 'linux') return false;
  const read = (name: string) => readFileSync(`/proc/self/${name}`, 'utf8');
  const effective = BigInt(`0x${/^CapEff:\s+([0-9a-f]+)$/mu.exec(read('status'))?.[1] ?? '0'}`);
  const needed = (1n << CAP_SETUID) | (1n << CAP_SETGID);
  return (effective & needed) === needed && mapsAll(read('uid_map')) && mapsAll(read('gid_map'));
}

/** Number of threads by user id, over all processes that can be seen. */
function threadsByUser(): Map<number, number> {
  const threads = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/u.test(entry)) continue;
    try {
      // A folder has a link from itself, its parent and each folder in it.
      const { uid, nlink } = statSync(`/proc/${entry}/task`);
      threads.set(uid, (threads.get(uid) ?? 0) + nlink - 2);
    } catch {
      // The process has ended meanwhile.
    }
  }
  return threads;
}

/** Threads that our own user runs now; what a cap per user has to leave room for. */
export function ownThreads(): number {
  return threadsByUser().get(process.getuid?.() ?? -1) ?? 0;
}

/** A uid with which no process runs. The start is drawn, so that two workers seldom race for one. */
export function takeUid(): number {
  const used = threadsByUser();
  const start = randomInt(UIDS);
  for (let step = 0; step < UIDS; step++) {
    const uid = FIRST_UID + ((start + step) % UIDS);
    if (taken.has(uid) || used.has(uid)) continue;
    taken.add(uid);
    return uid;
  }
  throw new Error(`all ${String(UIDS)} sandbox user ids are in use`);
}

export function giveBackUid(uid: number): void {
  taken.delete(uid);
}

/** Whether somebody with no rights of their own can read the file: all folders above passable too. */
export function isReadableByOthers(file: string): boolean {
  const parts = file.split('/').filter((part) => part !== '');
  for (let depth = 1; depth < parts.length; depth++) {
    const folder = statSync(`/${parts.slice(0, depth).join('/')}`);
    if ((folder.mode & 0o001) === 0) return false;
  }
  return (statSync(file).mode & 0o004) !== 0;
}
