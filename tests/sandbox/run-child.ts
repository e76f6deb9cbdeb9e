/** Starts the small hostile programs of `fixtures/children` in every isolation that a test is about. */
import path from 'node:path';
import { expect } from 'vitest';
import { openSandbox } from '../../sandbox/host.ts';
import { detect } from '../../sandbox/isolation/detect.ts';
import type { Isolation, Launched } from '../../sandbox/isolation/launch.ts';
import { processIsolation } from '../../sandbox/isolation/process-level.ts';
import { membersOf, stillAlive } from '../../sandbox/isolation/process-tree.ts';
import type { Members } from '../../sandbox/isolation/process-tree.ts';
import type { Model } from '../../sandbox/model.ts';
import type { SandboxRequest, SandboxSession } from '../../sandbox/request.ts';
import type { NamedTensor } from '../../sandbox/tensor.ts';

export interface Level {
  readonly level: string;
  readonly isolation: Isolation;
}

/** Level `process`, which every machine has, and the machine's best where that is another. */
export async function levelsHere(): Promise<Level[]> {
  const process: Level = { level: 'process', isolation: processIsolation([]) };
  const { isolation } = await detect();
  const { level } = isolation.report;
  return level === 'process' ? [process] : [process, { level, isolation }];
}

/**
 * How much of its limit on memory a run may have taken when it is ended for it. A cgroup counts every page
 * as it is taken; a watchdog looks now and then, on a busy machine later. Without it only the kernel's cap
 * would be left, at seven times 256 MiB.
 */
export function memorySlack({ level }: Level): number {
  return level === 'full' ? 1.25 : 3;
}

export function childEntry(name: string): string {
  return path.join(import.meta.dirname, 'fixtures/children', `${name}.ts`);
}

export function makeRequest(override: Partial<SandboxRequest> = {}): SandboxRequest {
  return {
    files: [{ name: 'model.onnx', bytes: Uint8Array.of(1, 2, 3) }],
    accepts: ['onnx', 'tfjs', 'predictions'],
    limits: { wall_ms: 30_000, memory_mb: 512, artifact_mb: 10 },
    ...override,
  };
}

/** Tests of a limit on time wait for it; it leaves a busy machine room to start the child. */
export const SHORT = { wall_ms: 2500, memory_mb: 512, artifact_mb: 10 };

interface Watched {
  readonly isolation: Isolation;
  /** Processes of the runs started so far that still live. */
  alive(): number[];
}

/** The same isolation, with an eye on the processes that it starts. */
function watch(isolation: Isolation): Watched {
  const members: Members = new Map();
  const look = (launched: Launched) => membersOf(launched.pid, members);
  const watched = (launched: Launched): Launched => {
    look(launched);
    const timer = setInterval(() => look(launched), 20);
    return {
      ...launched,
      async end() {
        look(launched);
        clearInterval(timer);
        await launched.end();
      },
    };
  };
  const launchProgram = isolation.launchProgram?.bind(isolation);
  return {
    isolation: {
      report: isolation.report,
      launch: (spec) => watched(isolation.launch(spec)),
      ...(launchProgram && {
        launchProgram: (program, spec) => watched(launchProgram(program, spec)),
      }),
    },
    alive: () => stillAlive(members),
  };
}

/**
 * Runs a child of the fixtures, or with null the real one, and then makes sure that its whole tree is
 * gone and that this process, the host, still lives.
 */
export async function withChild<T>(
  { isolation }: Level,
  name: string | null,
  use: (session: SandboxSession) => T | Promise<T>,
  override: Partial<SandboxRequest> = {},
): Promise<T> {
  const watched = watch(isolation);
  let session: SandboxSession | null = null;
  try {
    session = await openSandbox(makeRequest(override), {
      isolation: watched.isolation,
      ...(name !== null && { childEntry: childEntry(name) }),
    });
    return await use(session);
  } finally {
    await session?.close();
    expect(watched.alive()).toEqual([]);
  }
}

export function modelOf(session: SandboxSession): Model {
  if (session.artifact.kind !== 'model') throw new Error('the child loaded no model');
  return session.artifact.model;
}

export function batch(...values: [number, number, number, number]): readonly NamedTensor[] {
  return [{ name: 'x', dtype: 'float32', shape: [1, 4], data: Float32Array.from(values) }];
}

/** Opens the child and asks for one batch. */
export function predictOnce(
  level: Level,
  name: string,
  override: Partial<SandboxRequest> = {},
): Promise<readonly NamedTensor[]> {
  return withChild(level, name, (session) => modelOf(session).predict(batch(1, 2, 3, 4)), override);
}
