import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { bubblewrapArguments } from '../../sandbox/isolation/bubblewrap.ts';
import { kernelView, runProbeChild } from '../../sandbox/isolation/probe.ts';
import type { ProbeFindings } from '../../sandbox/isolation/probe-child.ts';
import { processTree } from '../../sandbox/isolation/process-tree.ts';
import { canDropUid } from '../../sandbox/isolation/uid.ts';
import type { Isolation } from '../../sandbox/isolation/launch.ts';
import { batch, modelOf, withChild } from '../sandbox/run-child.ts';
import { walledLevels } from './levels.ts';

const run = promisify(execFile);
const data = mkdtempSync(path.join(tmpdir(), 'certamen-test-data-'));
writeFileSync(path.join(data, 'targets.txt'), 'targets of a hidden split', { mode: 0o644 });
afterAll(() => rmSync(data, { recursive: true }));

describe.each(await walledLevels())('a child at level $level', (walled) => {
  const { level, isolation, bubblewrap } = walled;
  let findings: Promise<ProbeFindings> | null = null;
  const found = () => (findings ??= runProbeChild(isolation));

  it('reaches no network, in any family', async () => {
    const { network } = await found();
    expect(Object.keys(network)).toHaveLength(9);
    for (const [attempt, result] of Object.entries(network))
      // A look-up ends in the resolver, which finds no way to ask anybody.
      expect([attempt, result]).toEqual([
        attempt,
        expect.stringMatching(/^(?:EPERM|EAI_AGAIN|EBADF)$/u),
      ]);
  });

  it('sees the runtime and nothing else of the machine', async () => {
    const { files, filesTruncated, readable } = await found();
    const targets = [
      ...bubblewrap.mounts.map(({ to }) => to),
      ...['/dev/null', '/dev/urandom', '/proc/cpuinfo'],
      ...(level === 'full' ? ['/dev/zero', '/tmp'] : []),
    ].filter((file) => !file.startsWith('/rt/'));
    const expected = new Set(['/rt']);
    for (const target of targets)
      for (let file = target; file !== '/'; file = path.dirname(file)) expected.add(file);
    expect(filesTruncated).toBe(false);
    expect([...files].sort()).toEqual([...expected].sort());
    expect(readable).toEqual([]);
    expect(files.filter((file) => file.includes('certamen-test-data'))).toEqual([]);
  });

  it('writes nowhere but to a /tmp that its cgroup counts', async () => {
    expect((await found()).writable).toEqual(level === 'full' ? ['/tmp'] : []);
  });

  it('reads the code cache that a child without a submission has made', () => {
    expect(bubblewrap.codeCache?.writable).toBe(false);
    expect(
      bubblewrapArguments({ ...bubblewrap, withTmp: true, programs: [], environment: {} }),
    ).toEqual(expect.arrayContaining(['--ro-bind', bubblewrap.codeCache?.folder, '/rt/cache']));
    expect(readdirSync(bubblewrap.codeCache?.folder ?? '')).not.toEqual([]);
  });

  it('has no environment, no descriptor of the host, and starts no program', async () => {
    const { environment, descriptors, childProcess } = await found();
    expect(environment).toEqual(['ORT_DISABLE_TELEMETRY', 'PWD']);
    expect(childProcess).toBe('EPERM');
    const { 0: stdin, 1: stdout, 2: stderr, 3: protocol, ...others } = descriptors;
    expect({ stdin, stdout, stderr, protocol }).toEqual({
      stdin: 'device 1:3',
      stdout: 'socket',
      stderr: 'socket',
      protocol: 'socket',
    });
    for (const kind of Object.values(others))
      expect(kind).toMatch(/^(?:anonymous|pipe|device 1:[39])$/u);
  });

  it('inherits no descriptor that the host itself was given', async () => {
    // 200 lies beyond those that Node marks close-on-exec when it starts.
    const host = path.join(import.meta.dirname, 'fixtures/print-descriptors.ts');
    const script = 'exec 200<"$1"; shift; exec "$@"';
    const secret = path.join(data, 'targets.txt');
    const { stdout } = await run('bash', [
      '-c',
      script,
      'bash',
      secret,
      process.execPath,
      host,
      level,
    ]);
    const descriptors = JSON.parse(stdout) as Record<string, string>;
    expect(descriptors['200']).toBe('device 1:3');
    expect(Object.values(descriptors)).not.toContain('file');
  });

  it('is a user without rights in namespaces of its own, as the kernel sees it', async () => {
    let pid = 0;
    const recording: Isolation = {
      ...isolation,
      launch(spec) {
        const launched = isolation.launch(spec);
        pid = launched.pid;
        return launched;
      },
    };
    await withChild({ level, isolation: recording }, 'echo', async (session) => {
      await modelOf(session).predict(batch(1, 2, 3, 4));
      const view = kernelView(pid);
      expect(view?.sharedNamespaces).toEqual([]);
      expect(view?.status).toMatchObject({
        CapInh: '0000000000000000',
        CapPrm: '0000000000000000',
        CapEff: '0000000000000000',
        CapBnd: '0000000000000000',
        CapAmb: '0000000000000000',
        NoNewPrivs: '1',
        Seccomp: '2',
      });
      expect(view?.status['Groups']).toBe('');
      if (canDropUid()) expect(view?.status['Uid']).not.toMatch(/\b0\b/u);

      for (const member of processTree(pid)) {
        const commandLine = readFileSync(`/proc/${String(member)}/cmdline`, 'utf8');
        expect(commandLine).not.toContain('model.onnx');
        expect(commandLine).not.toContain(path.resolve(import.meta.dirname, '../..'));
      }
    });
  });
});
