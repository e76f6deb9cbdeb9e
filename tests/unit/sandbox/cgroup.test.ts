import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cgroupsV2, findHierarchies, prepareV2 } from '../../../sandbox/isolation/cgroup.ts';

describe('findHierarchies', () => {
  it('finds version 2 as systemd mounts it', () => {
    const mounts =
      '35 24 0:30 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate';
    const own = '0::/system.slice/certamen.service/main\n';
    const { v1, v2 } = findHierarchies(own, mounts);
    expect(v2).toBe('/sys/fs/cgroup/system.slice/certamen.service/main');
    expect(v1.size).toBe(0);
  });

  it('finds the controllers of version 1, joined and apart', () => {
    const mounts = [
      '30 29 0:26 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory',
      '31 29 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct',
      '32 29 0:28 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd',
    ].join('\n');
    const own = '5:cpu,cpuacct:/a\n4:memory:/a/b\n1:name=systemd:/c\n';
    const { v1, v2 } = findHierarchies(own, mounts);
    expect(v1.get('memory')).toBe('/sys/fs/cgroup/memory/a/b');
    expect(v1.get('cpu')).toBe('/sys/fs/cgroup/cpu,cpuacct/a');
    expect(v2).toBeNull();
  });

  it('starts at the mount inside a container that sees only its own part', () => {
    const mounts = '40 39 0:26 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory';
    expect(findHierarchies('4:memory:/docker/abc/x\n', mounts).v1.get('memory')).toBe(
      '/sys/fs/cgroup/memory/x',
    );
    expect(findHierarchies('4:memory:/elsewhere\n', mounts).v1.get('memory')).toBe(
      '/sys/fs/cgroup/memory',
    );
  });
});

/** A folder with the files of a cgroup; what the kernel does when they are written is not shown here. */
describe('cgroups of version 2', () => {
  let base = '';
  beforeEach(() => (base = mkdtempSync(path.join(tmpdir(), 'certamen-test-'))));
  afterEach(() => rmSync(base, { recursive: true }));
  const read = (...parts: string[]) => readFileSync(path.join(base, ...parts), 'utf8');

  it('are made below a service of ours, whose processes move aside first', () => {
    const service = path.join(base, 'certamen.service');
    mkdirSync(service);
    writeFileSync(path.join(service, 'cgroup.controllers'), 'cpu memory pids io\n');
    writeFileSync(path.join(service, 'cgroup.subtree_control'), '');
    writeFileSync(path.join(service, 'cgroup.procs'), '4242\n');
    expect(prepareV2(service)).toBe(service);
    expect(read('certamen.service', 'main', 'cgroup.procs')).toBe('4242');
    expect(read('certamen.service', 'cgroup.subtree_control')).toBe('+memory +pids +cpu');
  });

  it('are made beside `main` when systemd has already put us there', () => {
    const main = path.join(base, 'main');
    mkdirSync(main);
    writeFileSync(path.join(base, 'cgroup.subtree_control'), 'cpu memory pids\n');
    expect(prepareV2(main)).toBe(base);
  });

  it('are refused with the command that helps where no controllers are offered', () => {
    writeFileSync(path.join(base, 'cgroup.controllers'), 'cpu\n');
    expect(() => prepareV2(base)).toThrow(
      expect.objectContaining({ fix: expect.stringContaining('Delegate=') as string }),
    );
  });

  it('limit memory, swap, processes and processor time before the process joins', () => {
    const account = (() => {
      try {
        return cgroupsV2(base).create(process.pid, {
          memory_mb: 100,
          wall_ms: 1000,
          threads: 2,
        });
      } catch (error) {
        throw new Error('the folder could not be made', { cause: error });
      }
    })();
    const name = `certamen-${String(process.pid)}-0`;
    expect(read(name, 'memory.max')).toBe(String(100 * 2 ** 20));
    expect(read(name, 'memory.oom.group')).toBe('1');
    expect(read(name, 'pids.max')).toBe('64');
    expect(read(name, 'cgroup.procs')).toBe(String(process.pid));
    writeFileSync(path.join(base, name, 'memory.events'), 'low 0\noom 3\noom_kill 2\n');
    writeFileSync(path.join(base, name, 'memory.peak'), '12345\n');
    expect(account.oomKills()).toBe(2);
    expect(account.peak()).toBe(12345);
  });
});
