/**
 * Decides where engines compute: what the operator asks for, if this machine has it and it passes its
 * self-test inside the isolation that runs get; else the processor, with the reason.
 */
import path from 'node:path';
import { z } from 'zod';
import { sanitizeText, withoutPaths } from './failure.ts';
import {
  cudaAccess,
  findAccelerators,
  vulkanDrivers,
  webgpuAccess,
} from './isolation/accelerator.ts';
import type { Accelerators } from './isolation/accelerator.ts';
import type { DeviceAccess, Isolation } from './isolation/launch.ts';
import type { EngineInfo } from './model.ts';
import type { Provider, ProviderChoice } from './request.ts';

export interface EnginePlan {
  readonly provider: Provider;
  /** Null on the processor. */
  readonly access: DeviceAccess | null;
  /** Whether TF.js can use the device. */
  readonly tfjs: boolean;
  /** Why it is not what was asked for: one line, safe to show to admins; null when it is. */
  readonly fallback_reason: string | null;
}

/** Images per second of a LeNet-5 in batches of 64. */
export interface Speed {
  readonly cpu: number;
  readonly accelerator: number | null;
}

export interface ProviderTest {
  readonly provider: Provider;
  readonly operators: number;
  readonly problems: readonly string[];
  readonly speed: Speed | null;
}

const SELF_TEST_CHILD = path.join(import.meta.dirname, 'runners/self-test-child.ts');
/** A software driver compiles its shaders for a minute. */
const SELF_TEST_MS = 180_000;
const SELF_TEST_MB = 4096;

const SelfTestSchema = z.object({
  operators: z.number(),
  problems: z.array(z.string()),
  speed: z.object({ cpu: z.number(), accelerator: z.number().nullable() }),
});

const CPU: EnginePlan = { provider: 'cpu', access: null, tfjs: false, fallback_reason: null };

let plans = new WeakMap<Isolation, Map<ProviderChoice, Promise<EnginePlan>>>();

/** Found once per process and isolation; at once for the processor. */
export function planEngine(choice: ProviderChoice, isolation: Isolation): Promise<EnginePlan> {
  if (choice === 'cpu') return Promise.resolve(CPU);
  const known = plans.get(isolation) ?? new Map<ProviderChoice, Promise<EnginePlan>>();
  plans.set(isolation, known);
  const plan = known.get(choice) ?? planAfresh(choice, findAccelerators(), isolation);
  known.set(choice, plan);
  return plan;
}

/** The next run that wants the device waits for a new self-test: the last one left it in doubt. */
export function forgetPlans(): void {
  plans = new WeakMap();
}

let deviceFree: Promise<unknown> = Promise.resolve();

/** One run at a time has the device. Waits for its turn. @returns what gives it back. */
export async function takeDevice(): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<null>();
  const before = deviceFree;
  deviceFree = before.then(() => promise);
  await before;
  return () => resolve(null);
}

/** @param test default: a real child. */
export async function planAfresh(
  choice: ProviderChoice,
  found: Accelerators,
  isolation: Isolation,
  test: typeof testProvider = testProvider,
): Promise<EnginePlan> {
  const candidates: Provider[] =
    choice === 'auto' ? ['cuda', 'webgpu'] : choice === 'cpu' ? [] : [choice];
  const reasons: string[] = [];
  for (const provider of candidates) {
    const lacking = lacks(provider, found, choice !== 'auto');
    if (lacking !== null) {
      reasons.push(`${provider}: ${lacking}`);
      continue;
    }
    try {
      const access = accessTo(provider, found, choice !== 'auto');
      const { problems } = await test(provider, access, isolation);
      const [first] = problems;
      const tfjs = provider === 'cuda' && found.tfjsGpu;
      if (first === undefined) return { provider, access, tfjs, fallback_reason: null };
      reasons.push(
        `${provider}: self-test failed for ${String(problems.length)} of its models, first ${first}`,
      );
    } catch (error) {
      reasons.push(`${provider}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { ...CPU, fallback_reason: reasons.length === 0 ? null : reasonLine(reasons.join('; ')) };
}

/** One line without paths of this machine. */
export function reasonLine(text: string): string {
  return sanitizeText(withoutPaths(text).replaceAll(/\s+/gu, ' '), 300);
}

/** What the machine still needs for a provider, or null. */
export function lacks(
  provider: Provider,
  found: Accelerators,
  withSoftware: boolean,
): string | null {
  if (provider === 'cpu') return null;
  if (provider === 'cuda')
    return found.cudaLacks.length === 0 ? null : `lacks ${found.cudaLacks.join(', ')}`;
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return 'ONNX Runtime brings it for Linux on x64 only';
  if (found.loader === null) return 'libvulkan.so.1 is not installed';
  if (vulkanDrivers(found, withSoftware).length > 0) return null;
  if (found.drivers.some(({ software }) => software))
    return 'only a software driver was found, which is never chosen by itself';
  return found.nodes.length === 0 ? 'no graphics card was found' : 'no Vulkan driver was found';
}

export function accessTo(
  provider: Provider,
  found: Accelerators,
  withSoftware: boolean,
): DeviceAccess {
  return provider === 'cuda' ? cudaAccess(found) : webgpuAccess(found, withSoftware);
}

/**
 * Compares operator by operator with the processor, in a child like any other.
 *
 * @param only models whose names begin with one of these; default: all.
 * @throws Error when the child gave no answer.
 */
export async function testProvider(
  provider: Provider,
  access: DeviceAccess | null,
  isolation: Isolation,
  only: readonly string[] = [''],
): Promise<ProviderTest> {
  const told = { ENGINE_PROVIDER: provider, SELF_TEST_MODELS: only.join(';') };
  const launched = isolation.launch({
    entry: SELF_TEST_CHILD,
    memory_mb: SELF_TEST_MB,
    wall_ms: SELF_TEST_MS,
    threads: 2,
    access: {
      mounts: access?.mounts ?? [],
      devices: access?.devices ?? [],
      environment: { ...access?.environment, ...told },
      hostEnvironment: { ...access?.hostEnvironment, ...told },
    },
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  launched.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  launched.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  launched.pipe.resume();
  const timer = setTimeout(() => void launched.end(), SELF_TEST_MS);
  const exit = await launched.exited;
  clearTimeout(timer);
  await launched.end();
  let answer: unknown;
  try {
    answer = JSON.parse(Buffer.concat(stdout).toString('utf8'));
  } catch (cause) {
    const said = reasonLine(Buffer.concat(stderr).toString('utf8').slice(-400));
    const end = exit.signal ?? `exit code ${String(exit.code)}`;
    throw new Error(`the self-test ended with ${end} ${said}`, { cause });
  }
  return { provider, ...SelfTestSchema.parse(answer) };
}

/** Whether a run of these files may have the device: weights alone, told by their names. */
export type DeviceUse =
  /** It runs in a child with the device. */
  | 'device'
  /** An archive: a child without the device opens it and hands the weights back. */
  | 'unpack-first'
  | 'none';

const CODE = /\.(?:m?js|py)$/iu;

export function deviceUse(
  names: readonly string[],
  { provider, tfjs }: Pick<EnginePlan, 'provider' | 'tfjs'>,
): DeviceUse {
  if (provider === 'cpu' || names.some((name) => CODE.test(name))) return 'none';
  if (names.some((name) => /\.onnx$/iu.test(name))) return 'device';
  if (names.some((name) => /\.json$/iu.test(name))) return tfjs ? 'device' : 'none';
  if (names.some((name) => /\.csv$/iu.test(name))) return 'none';
  // An archive by its name or, without one, by its first bytes; the child finds out.
  return 'unpack-first';
}

/** Why a TF.js model is not on the accelerator; null when it is or when none was asked for. */
export function tfjsReason({ provider }: EngineInfo, plan: EnginePlan): string | null {
  if (plan.provider === 'cpu') return plan.fallback_reason;
  if (provider === 'tensorflow-gpu') return null;
  return plan.tfjs
    ? `${plan.provider}: TF.js's native package did not take the device`
    : `${plan.provider}: TF.js uses a device through its native GPU package and CUDA only`;
}

/** What the doctor says of engines. */
export interface EngineProbe {
  readonly asked: ProviderChoice;
  /** Where models will compute. */
  readonly provider: Provider;
  readonly fallback_reason: string | null;
  readonly adapters: readonly { readonly name: string; readonly driver: string }[];
  /** What was looked for, and whether it is there. */
  readonly looked_for: readonly { readonly what: string; readonly found: string | null }[];
  /** The self-test of what could be tried; nothing of the processor but its speed. */
  readonly tests: readonly ProviderTest[];
  /** The operator's next step, where there is one. */
  readonly fix: string | null;
}

const CUDA_COMMAND =
  'node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install';

/** Looks for accelerators, tests what is there and measures it beside the processor. Some seconds. */
export async function probeEngines(
  choice: ProviderChoice,
  isolation: Isolation,
  found: Accelerators = findAccelerators(),
): Promise<EngineProbe> {
  const tests: ProviderTest[] = [];
  const problems: string[] = [];
  // A software driver is tested where it is asked for, since it takes a minute.
  const forced = choice === 'webgpu';
  for (const provider of ['cuda', 'webgpu'] as const) {
    if (lacks(provider, found, forced) !== null) continue;
    try {
      tests.push(await testProvider(provider, accessTo(provider, found, forced), isolation));
    } catch (error) {
      problems.push(`${provider}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (tests.length === 0) tests.push(await testProvider('cpu', null, isolation));
  const plan = await planAfresh(choice, found, isolation, (provider) => {
    const test = tests.find((each) => each.provider === provider);
    return test === undefined
      ? Promise.reject(new Error(problems.join('; ')))
      : Promise.resolve(test);
  });
  const works = tests.some(
    ({ provider, problems: wrong }) => provider !== 'cpu' && wrong.length === 0,
  );
  const hasCard = found.cudaLacks.length === 1 && found.cudaLacks[0]?.includes('CUDA libraries');
  return {
    asked: choice,
    provider: plan.provider,
    fallback_reason: plan.fallback_reason,
    adapters: found.adapters,
    looked_for: lookedFor(found),
    tests,
    fix:
      choice === 'cpu' && works
        ? 'set ENGINE_PROVIDER=auto to use it'
        : hasCard
          ? `for CUDA: ${CUDA_COMMAND}`
          : null,
  };
}

function lookedFor({
  loader,
  drivers,
  nodes,
  cudaLacks,
  tfjsGpu,
}: Accelerators): EngineProbe['looked_for'] {
  const names = drivers.map(({ manifest, library, software }) => {
    const kind = library === null ? ' (library missing)' : software ? ' (software)' : '';
    return `${path.basename(manifest)}${kind}`;
  });
  const some = (list: readonly string[]) => (list.length === 0 ? null : list.join(', '));
  return [
    { what: 'device nodes in /dev/dri and /dev/nvidia*', found: some(nodes) },
    { what: 'Vulkan loader libvulkan.so.1', found: loader },
    { what: 'Vulkan drivers', found: some(names) },
    {
      what: 'CUDA for ONNX Runtime',
      found: cudaLacks.length === 0 ? 'complete' : null,
    },
    { what: '@tensorflow/tfjs-node-gpu', found: tfjsGpu ? 'installed' : null },
  ];
}
