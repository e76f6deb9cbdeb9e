import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { EngineProbe } from '../../sandbox/accelerator.ts';
import { probeIsolation } from '../../sandbox/isolation/probe.ts';
import type { IsolationProbe } from '../../sandbox/isolation/probe.ts';
import { processIsolation } from '../../sandbox/isolation/process-level.ts';
import { walledLevels } from './levels.ts';

const CERTAMEN = path.resolve(import.meta.dirname, '../../bin/certamen.js');
const run = promisify(execFile);

function open({ checks }: IsolationProbe): string[] {
  return checks.filter(({ holds }) => !holds).map(({ name }) => name);
}

describe.each(await walledLevels())('the self-test at level $level', ({ level, detected }) => {
  it('finds that everything holds but what the level does without', async () => {
    const probe = await probeIsolation({ found: detected });
    expect(probe.level).toBe(level);
    expect(open(probe)).toEqual(level === 'full' ? [] : ['cgroups']);
  });
});

describe('the self-test without bubblewrap', () => {
  it('finds what is open, and names a remedy for each', async () => {
    const isolation = processIsolation(['bubblewrap is not installed']);
    const probe = await probeIsolation({
      found: { isolation, bubblewrap: null, shortcomings: [] },
    });
    expect(open(probe)).toEqual(
      expect.arrayContaining([
        'bubblewrap',
        'namespaces',
        'filter',
        'network',
        'files',
        'processes',
      ]),
    );
    for (const { holds, fix } of probe.checks) expect(fix === '').toBe(holds);
  });
});

describe('certamen doctor', () => {
  it('prints one object for a program', async () => {
    const { stdout } = await run(process.execPath, [CERTAMEN, 'doctor', '--json']);
    const probe = JSON.parse(stdout) as IsolationProbe & { engines: EngineProbe };
    expect(['partial', 'full']).toContain(probe.level);
    const { engines } = probe;
    expect(engines.tests[0]?.speed?.cpu).toBeGreaterThan(0);
    expect(engines.looked_for.map(({ what }) => what)).toContain('Vulkan loader libvulkan.so.1');
    expect(probe.checks.length).toBeGreaterThan(10);
  });

  it('says what keeps a machine without user namespaces from isolating, and fails when it must', async () => {
    // A user namespace of its own, in which no further ones may be made.
    const script = `echo 0 > /proc/sys/user/max_user_namespaces && exec "$0" "$@"`;
    const args = ['-Ur', 'sh', '-c', script, process.execPath, CERTAMEN, 'doctor'];
    const { stdout } = await run('unshare', args);
    expect(stdout).toContain('Isolation level: process');
    expect(stdout).toContain('sysctl -w user.max_user_namespaces=10000');
    await expect(run('unshare', [...args, '--require', 'partial'])).rejects.toMatchObject({
      code: 5,
    });
  });
});
