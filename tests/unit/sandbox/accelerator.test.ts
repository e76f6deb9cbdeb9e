import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatEngines } from '../../../cli/doctor.ts';
import {
  deviceUse,
  forgetPlans,
  planAfresh,
  planEngine,
  takeDevice,
} from '../../../sandbox/accelerator.ts';
import type { testProvider } from '../../../sandbox/accelerator.ts';
import { bubblewrapArguments } from '../../../sandbox/isolation/bubblewrap.ts';
import {
  findAccelerators,
  vulkanDrivers,
  webgpuAccess,
} from '../../../sandbox/isolation/accelerator.ts';
import type { Accelerators } from '../../../sandbox/isolation/accelerator.ts';
import { processIsolation } from '../../../sandbox/isolation/process-level.ts';

const isolation = processIsolation([]);
/** Any binary with libraries that can be listed. */
const BINARY = process.execPath;

let root: string;

/** A machine of files: what is written below `root` is all there is. */
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'accelerator-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function put(file: string, text = ''): string {
  const target = path.join(root, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, text);
  return target;
}

function driver(name: string, library: string): void {
  put(`usr/share/vulkan/icd.d/${name}.json`, JSON.stringify({ ICD: { library_path: library } }));
}

function find(environment: Record<string, string> = {}): Accelerators {
  const findLibrary = (name: string) => {
    const file = path.join(root, 'lib', name);
    return findIn.has(name) ? file : null;
  };
  return findAccelerators({ root, environment, findLibrary, packages: `${root}/node_modules` });
}

const findIn = new Set<string>();
beforeEach(() => findIn.clear());
function library(name: string): void {
  put(`lib/${name}`);
  findIn.add(name);
}

function nvidiaMachine(): void {
  for (const node of ['nvidia0', 'nvidiactl', 'nvidia-uvm', 'dri/renderD128']) put(`dev/${node}`);
  library('libvulkan.so.1');
  library('libGLX_nvidia.so.0');
  driver('nvidia_icd', 'libGLX_nvidia.so.0');
  put('proc/driver/nvidia/gpus/0000:01:00.0/information', 'Model: \t NVIDIA H100\nIRQ: 1\n');
  put('sys/module/nvidia/version', '570.1\n');
}

describe('what a machine offers', () => {
  it('is nothing where there is nothing', () => {
    const found = find();
    expect(found).toMatchObject({ loader: null, drivers: [], nodes: [], adapters: [] });
    expect(found.cudaLacks).toHaveLength(3);
  });

  it('is a card with its driver and their names', () => {
    nvidiaMachine();
    const found = find();
    expect(found.adapters).toEqual([{ name: 'NVIDIA H100', driver: 'nvidia 570.1' }]);
    expect(found.nodes).toEqual([
      '/dev/dri/renderD128',
      '/dev/nvidia-uvm',
      '/dev/nvidia0',
      '/dev/nvidiactl',
    ]);
    expect(vulkanDrivers(found, false)).toMatchObject([{ software: false }]);
  });

  it('is the driver that the environment names, as for every Vulkan program', () => {
    nvidiaMachine();
    put('other/libvk_swiftshader.so');
    put('other/icd.json', JSON.stringify({ ICD: { library_path: './libvk_swiftshader.so' } }));
    const found = find({ VK_DRIVER_FILES: '/other/icd.json' });
    expect(found.drivers).toEqual([
      {
        manifest: `${root}/other/icd.json`,
        library: `${root}/other/libvk_swiftshader.so`,
        software: true,
      },
    ]);
  });

  it('leaves out manifests that cannot be read and drivers whose library is missing', () => {
    nvidiaMachine();
    put('usr/share/vulkan/icd.d/broken.json', '{');
    driver('gone', 'libgone.so');
    expect(vulkanDrivers(find(), false)).toHaveLength(1);
  });

  it('never counts a software driver as a card', () => {
    put('dev/dri/renderD128');
    library('libvulkan.so.1');
    library('libvulkan_lvp.so');
    driver('lvp_icd', 'libvulkan_lvp.so');
    expect(vulkanDrivers(find(), false)).toEqual([]);
    expect(vulkanDrivers(find(), true)).toMatchObject([{ software: true }]);
  });

  it('says what the CUDA provider lacks', () => {
    nvidiaMachine();
    library('libcuda.so.1');
    expect(find().cudaLacks).toEqual(["ONNX Runtime's CUDA libraries"]);
    put(
      `node_modules/onnxruntime-node/bin/napi-v6/linux/${process.arch}/libonnxruntime_providers_cuda.so`,
    );
    expect(find().cudaLacks).toEqual([]);
  });
});

describe('the plan for engines', () => {
  const passes: typeof testProvider = (provider) =>
    Promise.resolve({ provider, operators: 1, problems: [], speed: null });

  it('is the processor without a reason when that is asked for', async () => {
    nvidiaMachine();
    const plan = await planAfresh('cpu', find(), isolation, passes);
    expect(plan).toMatchObject({ provider: 'cpu', access: null, fallback_reason: null });
  });

  it('is the processor with a reason where nothing better is there', async () => {
    const plan = await planAfresh('auto', find(), isolation, passes);
    expect(plan).toMatchObject({ provider: 'cpu', access: null });
    expect(plan.fallback_reason).toMatch(/^cuda: lacks .*; webgpu: /u);
  });

  it('never chooses a software driver by itself', async () => {
    library('libvulkan.so.1');
    library('libvk_swiftshader.so');
    driver('swiftshader', 'libvk_swiftshader.so');
    const plan = await planAfresh('auto', find(), isolation, () => {
      throw new Error('it was tested');
    });
    expect(plan.fallback_reason).toContain('only a software driver');
  });

  it('is the processor where the self-test finds an error, which the reason names', async () => {
    const found: Accelerators = { ...find(), loader: BINARY, nodes: ['/dev/null'] };
    const drivers = [{ manifest: put('icd.json', '{}'), library: BINARY, software: false }];
    const wrong: typeof passes = (provider) =>
      Promise.resolve({ provider, operators: 9, problems: ['Conv: differs', 'Gemm'], speed: null });
    const plan = await planAfresh('auto', { ...found, drivers }, isolation, wrong);
    expect(plan.provider).toBe('cpu');
    expect(plan.access).toBeNull();
    expect(plan.fallback_reason).toContain('self-test failed for 2 of its models, first Conv');
  });

  it('is the accelerator that passes its self-test', async () => {
    const drivers = [{ manifest: put('icd.json', '{}'), library: BINARY, software: false }];
    const found = { ...find(), loader: BINARY, nodes: ['/dev/null'], drivers };
    const plan = await planAfresh('auto', found, isolation, passes);
    expect(plan).toMatchObject({ provider: 'webgpu', fallback_reason: null });
    expect(plan.access?.devices).toEqual(['/dev/null']);
  });

  it('gives a software driver no device', () => {
    const drivers = [{ manifest: put('icd.json', '{}'), library: BINARY, software: true }];
    const found = { ...find(), loader: BINARY, nodes: ['/dev/null'], drivers };
    expect(webgpuAccess(found, true).devices).toEqual([]);
  });
});

describe('who may have the device', () => {
  const gpu = { provider: 'webgpu', tfjs: false } as const;

  it.each([
    [['model.onnx'], 'device'],
    [['model.onnx', 'model.onnx.data'], 'device'],
    [['model.zip'], 'unpack-first'],
    [['upload'], 'unpack-first'],
    [['model.json', 'weights.bin'], 'none'],
    [['predictions.csv'], 'none'],
    [['model.js'], 'none'],
    [['model.mjs', 'model.onnx'], 'none'],
    [['MODEL.PY', 'model.onnx'], 'none'],
  ] as const)('decides by names: %j', (names, use) => {
    expect(deviceUse(names, gpu)).toBe(use);
    expect(deviceUse(names, { provider: 'cpu', tfjs: false })).toBe('none');
  });

  it('lets TF.js have it through the native package only', () => {
    expect(deviceUse(['model.json'], { provider: 'cuda', tfjs: true })).toBe('device');
    expect(deviceUse(['model.js', 'model.json'], { provider: 'cuda', tfjs: true })).toBe('none');
  });
});

describe('the sandbox', () => {
  const command = {
    mounts: [],
    disableUserns: true,
    withTmp: true,
    codeCache: null,
    programs: [],
    environment: {},
  };
  const devices = (args: readonly string[]) =>
    args.filter((_, index) => args[index - 1] === '--dev-bind');

  it('shows no device of a card to a run that does not use it', () => {
    expect(devices(bubblewrapArguments(command))).toEqual([
      '/dev/null',
      '/dev/urandom',
      '/dev/zero',
    ]);
  });

  it('shows the nodes that a run was given', () => {
    const args = bubblewrapArguments({ ...command, devices: ['/dev/nvidia0'] });
    expect(devices(args)).toContain('/dev/nvidia0');
  });
});

describe('the device', () => {
  it('is taken by one at a time, in the order of asking', async () => {
    const order: number[] = [];
    const use = async (number: number) => {
      const giveBack = await takeDevice();
      order.push(number);
      await Promise.resolve();
      order.push(-number);
      giveBack();
    };
    await Promise.all([use(1), use(2), use(3)]);
    expect(order).toEqual([1, -1, 2, -2, 3, -3]);
  });

  it('is tested again after a run that left it in doubt', async () => {
    const first = planEngine('cuda', isolation);
    expect(planEngine('cuda', isolation)).toBe(first);
    forgetPlans();
    expect(planEngine('cuda', isolation)).not.toBe(first);
    expect(await planEngine('cuda', isolation)).toMatchObject({ provider: 'cpu' });
  });
});

describe("the doctor's lines on engines", () => {
  const nothing = {
    asked: 'auto',
    provider: 'cpu',
    adapters: [],
    looked_for: [],
    fix: null,
  } as const;
  const speed = { cpu: 900, accelerator: 40_000 };

  it('name what was looked for where nothing was found', () => {
    const text = formatEngines({
      ...nothing,
      fallback_reason: 'webgpu: no graphics card was found',
      looked_for: [{ what: 'Vulkan drivers', found: null }],
      tests: [
        { provider: 'cpu', operators: 0, problems: [], speed: { cpu: 900, accelerator: null } },
      ],
    });
    expect(text).toContain('because webgpu: no graphics card was found');
    expect(text).toContain('Graphics cards: none found');
    expect(text).toMatch(/Vulkan drivers +not found/u);
    expect(text).toContain('900 images/s on the processor');
  });

  it('name the card, what it gets wrong and both speeds', () => {
    const text = formatEngines({
      ...nothing,
      fallback_reason: 'webgpu: self-test failed',
      adapters: [{ name: 'NVIDIA H100', driver: 'nvidia 570.1' }],
      tests: [{ provider: 'webgpu', operators: 30, problems: ['Conv: output y by 1'], speed }],
    });
    expect(text).toContain('Graphics card: NVIDIA H100, driver nvidia 570.1');
    expect(text).toContain('webgpu: 29 of 30 models agree with the processor');
    expect(text).toContain('wrong  Conv: output y by 1');
    expect(text).toContain('900 images/s on the processor, 40000 on webgpu');
  });
});
