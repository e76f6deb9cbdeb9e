import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { membersOf, stillAlive } from '../../sandbox/isolation/process-tree.ts';
import { levelsHere } from './run-child.ts';

const HOST = path.join(import.meta.dirname, 'fixtures/host-process.ts');

describe.each(await levelsHere())('when the host is killed at level $level', ({ level }) => {
  it.each(['echo', 'loop-at-predict'])('the child dies with it: %s', async (child) => {
    const host = spawn(process.execPath, [HOST, level, child], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const [line] = (await once(host.stdout, 'data')) as [Buffer];
    const tree = JSON.parse(line.toString('utf8')) as number[];
    const members = membersOf(host.pid ?? 0);
    members.delete(host.pid ?? 0);
    expect(stillAlive(members)).toEqual(tree);

    host.kill('SIGKILL');
    await once(host, 'exit');
    for (let wait = 0; wait < 500 && stillAlive(members).length > 0; wait++) await sleep(20);
    expect(stillAlive(members)).toEqual([]);
  });
});
