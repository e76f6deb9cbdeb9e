/**
 * What this machine offers beside its processor, read from its files: nothing is started here. And what a
 * child has to be given to reach it: the driver's libraries and device nodes, and no more.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { DeviceAccess, Mount } from './launch.ts';
import { programs } from './rlimits.ts';
import { CHECKOUT, ROOT_INSIDE, libraries } from './runtime.ts';

/** A Vulkan driver (an "installable client driver") as its manifest names it. */
export interface VulkanDriver {
  /** File of the manifest, JSON. */
  readonly manifest: string;
  /** Its library on the host; null where the manifest names one that is not there. */
  readonly library: string | null;
  /** It computes on the processor: right for tests, never faster. */
  readonly software: boolean;
}

export interface Adapter {
  readonly name: string;
  readonly driver: string;
}

export interface Accelerators {
  /** The Vulkan loader, `libvulkan.so.1`; null where it is not installed. */
  readonly loader: string | null;
  readonly drivers: readonly VulkanDriver[];
  /** Device nodes of graphics cards. */
  readonly nodes: readonly string[];
  readonly adapters: readonly Adapter[];
  /** What ONNX Runtime's CUDA provider still lacks; empty where it can be tried. */
  readonly cudaLacks: readonly string[];
  /** Whether TF.js's native GPU package is installed. */
  readonly tfjsGpu: boolean;
}

export interface World {
  /** Prefix of every path that is looked at; tests give a folder of their own. */
  readonly root: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** File of a shared library by its name, as the system's loader would find it. */
  readonly findLibrary: (name: string) => string | null;
  readonly packages: string;
}

const MANIFEST_FOLDERS = [
  '/etc/vulkan/icd.d',
  '/usr/local/share/vulkan/icd.d',
  '/usr/share/vulkan/icd.d',
];
/** Of names of driver libraries: SwiftShader, Mesa's llvmpipe, the loader's own test driver. */
const SOFTWARE = /swiftshader|lvp|llvmpipe|mock_icd/iu;
const CUDA_PROVIDER = `node_modules/onnxruntime-node/bin/napi-v6/linux/${process.arch}/libonnxruntime_providers_cuda.so`;
/** Libraries that the CUDA provider and the driver open by name while they run. */
const NVIDIA_LIBRARIES =
  /^lib(?:nvidia-[\w-]+|cuda|GLX_nvidia|cudart|cublas|cublasLt|cudnn\w*|cufft|curand|nvrtc[\w-]*|nvJitLink)\.so\.\d+$/u;
const LIBRARIES_INSIDE = `${ROOT_INSIDE}/gpu`;

function libraryFolders(environment: World['environment']): string[] {
  return (environment['LD_LIBRARY_PATH'] ?? '').split(':').filter((folder) => folder !== '');
}

/** The loader's cache: name of each library and its file. */
function cachedLibraries(): Map<string, string> {
  const ldconfig = ['/sbin/ldconfig', '/usr/sbin/ldconfig'].find((file) => existsSync(file));
  const found = new Map<string, string>();
  if (ldconfig === undefined) return found;
  let listed = '';
  try {
    listed = execFileSync(ldconfig, ['-p'], { encoding: 'utf8', env: {}, stdio: 'pipe' });
  } catch {
    // Without a cache there is nothing in it.
  }
  const wanted = process.arch === 'x64' ? /x86-64/u : /AArch64/u;
  for (const line of listed.split('\n')) {
    const [, name, kind, file] = /^\s*(\S+) \(([^)]*)\) => (\/\S+)$/u.exec(line) ?? [];
    if (name === undefined || kind === undefined || file === undefined) continue;
    if (wanted.test(kind) && !found.has(name)) found.set(name, file);
  }
  return found;
}

function thisMachine(): World {
  const cached = cachedLibraries();
  const { env } = process;
  return {
    root: '',
    environment: env,
    packages: path.join(CHECKOUT, 'node_modules'),
    findLibrary: (name) => {
      const inFolder = libraryFolders(env).map((folder) => path.join(folder, name));
      return inFolder.find((file) => existsSync(file)) ?? cached.get(name) ?? null;
    },
  };
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}

function manifests({ root, environment }: World): string[] {
  const named = environment['VK_DRIVER_FILES'] ?? environment['VK_ICD_FILENAMES'] ?? '';
  if (named !== '') return named.split(':').map((file) => root + file);
  return MANIFEST_FOLDERS.flatMap((folder) =>
    list(root + folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => `${root}${folder}/${name}`),
  );
}

function driverOf(manifest: string, world: World): VulkanDriver[] {
  let named: unknown;
  try {
    const parsed = JSON.parse(read(manifest) ?? '') as { ICD?: { library_path?: unknown } } | null;
    named = parsed?.ICD?.library_path;
  } catch {
    return [];
  }
  if (typeof named !== 'string') return [];
  const file = named.includes('/')
    ? path.resolve(path.dirname(manifest), path.isAbsolute(named) ? world.root + named : named)
    : world.findLibrary(named);
  const library = file !== null && existsSync(file) ? file : null;
  return [{ manifest, library, software: SOFTWARE.test(path.basename(named)) }];
}

function deviceNodes(root: string): string[] {
  const render = list(`${root}/dev/dri`).filter((name) => /^renderD\d+$/u.test(name));
  const nvidia = list(`${root}/dev`).filter((name) =>
    /^nvidia(?:\d+|ctl|-uvm|-modeset)$/u.test(name),
  );
  return [...render.map((name) => `/dev/dri/${name}`), ...nvidia.map((name) => `/dev/${name}`)];
}

/** Names where the kernel tells them; else the numbers of vendor and device. */
function adapters(root: string): Adapter[] {
  const version = read(`${root}/sys/module/nvidia/version`);
  const nvidia = list(`${root}/proc/driver/nvidia/gpus`).map((gpu) => {
    const text = read(`${root}/proc/driver/nvidia/gpus/${gpu}/information`) ?? '';
    const name = /^Model:\s*(.+)$/mu.exec(text)?.[1] ?? 'NVIDIA GPU';
    return { name, driver: version === null ? 'nvidia' : `nvidia ${version}` };
  });
  const others = list(`${root}/sys/class/drm`).flatMap((node) => {
    if (!/^renderD\d+$/u.test(node)) return [];
    const device = `${root}/sys/class/drm/${node}/device`;
    const driver = driverName(device);
    const vendor = read(`${device}/vendor`) ?? '?';
    // NVIDIA's cards have said their names already.
    if (driver === 'nvidia' && nvidia.length > 0) return [];
    return [{ name: `${node} ${vendor}:${read(`${device}/device`) ?? '?'}`, driver }];
  });
  return [...nvidia, ...others];
}

function driverName(device: string): string {
  try {
    return path.basename(realpathSync(`${device}/driver`));
  } catch {
    return 'unknown';
  }
}

export function findAccelerators(world: World = thisMachine()): Accelerators {
  const { root, packages } = world;
  const nodes = deviceNodes(root);
  const lacks = (what: string, found: boolean) => (found ? [] : [what]);
  return {
    loader: world.findLibrary('libvulkan.so.1'),
    drivers: manifests(world).flatMap((manifest) => driverOf(manifest, world)),
    nodes,
    adapters: adapters(root),
    cudaLacks: [
      ...lacks(
        'an NVIDIA device node',
        nodes.some((node) => /nvidia\d/u.test(node)),
      ),
      ...lacks('the driver library libcuda.so.1', world.findLibrary('libcuda.so.1') !== null),
      ...lacks(
        "ONNX Runtime's CUDA libraries",
        existsSync(path.join(packages, '..', CUDA_PROVIDER)),
      ),
    ],
    tfjsGpu: existsSync(path.join(packages, '@tensorflow/tfjs-node-gpu/package.json')),
  };
}

/** Drivers for WebGPU: those of real devices, or the software ones where these are asked for. */
export function vulkanDrivers(
  { drivers, nodes }: Accelerators,
  withSoftware: boolean,
): readonly VulkanDriver[] {
  const usable = drivers.filter(({ library }) => library !== null);
  const hardware = nodes.length === 0 ? [] : usable.filter(({ software }) => !software);
  if (hardware.length > 0 || !withSoftware) return hardware;
  return usable.filter(({ software }) => software);
}

/** Libraries with everything that they are linked to, in one folder inside. */
function libraryMounts(files: readonly string[]): Mount[] {
  const ldd = programs.ldd();
  const needed = ldd === null ? [] : libraries(files, ldd);
  const own = files.map((file) => ({ from: realpathSync(file), to: file }));
  const byName = new Map(
    [...needed, ...own]
      // The loader itself is not a library.
      .filter(({ to }) => !path.basename(to).startsWith('ld-linux'))
      .map(({ from, to }) => [path.basename(to), from]),
  );
  return [...byName].map(([name, from]) => ({ from, to: `${LIBRARIES_INSIDE}/${name}` }));
}

/** What drivers read of their cards while they start; none of it is about people or data. */
function driverFacts(): Mount[] {
  const cards = list('/sys/class/drm').flatMap((node) => {
    const device = `/sys/class/drm/${node}/device`;
    return /^renderD\d+$/u.test(node) && existsSync(device) ? [realpathSync(device)] : [];
  });
  return ['/proc/driver/nvidia', '/sys/class/drm', '/sys/dev/char', '/usr/share/libdrm', ...cards]
    .filter((file) => existsSync(file))
    .map((file) => ({ from: file, to: file }));
}

/** @throws Error when the libraries of the driver cannot be listed. */
export function webgpuAccess(found: Accelerators, withSoftware: boolean): DeviceAccess {
  const drivers = vulkanDrivers(found, withSoftware);
  const onlySoftware = drivers.every(({ software }) => software);
  const files = drivers.flatMap(({ library }) => (library === null ? [] : [library]));
  const loader = found.loader === null ? [] : [found.loader];
  const names = drivers.map(({ manifest }) => manifest).join(':');
  const environment = { VK_DRIVER_FILES: names, VK_ICD_FILENAMES: names };
  const folders = [...new Set(loader.map((file) => path.dirname(file)))].join(':');
  return {
    devices: onlySoftware ? [] : found.nodes,
    mounts: [
      ...drivers.map(({ manifest }) => ({ from: realpathSync(manifest), to: manifest })),
      // A manifest names its library by a path, which has to lead there, or by its bare name.
      ...files.map((file) => ({ from: realpathSync(file), to: file })),
      ...libraryMounts([...loader, ...files, ...(onlySoftware ? [] : nvidiaLibraries())]),
      ...(onlySoftware ? [] : driverFacts()),
    ],
    environment: { ...environment, LD_LIBRARY_PATH: LIBRARIES_INSIDE },
    hostEnvironment: { ...environment, LD_LIBRARY_PATH: folders },
  };
}

function nvidiaLibraries(): string[] {
  return [...cachedLibraries()]
    .filter(([name]) => NVIDIA_LIBRARIES.test(name))
    .map(([, file]) => file);
}

/** @throws Error when the libraries cannot be listed. */
export function cudaAccess(found: Accelerators): DeviceAccess {
  // Else products are rounded to 10 bits on newer cards, which no comparison with a processor survives.
  const environment = { NVIDIA_TF32_OVERRIDE: '0' };
  return {
    devices: found.nodes.filter((node) => node.startsWith('/dev/nvidia')),
    mounts: [...libraryMounts(nvidiaLibraries()), ...driverFacts()],
    environment: { ...environment, LD_LIBRARY_PATH: LIBRARIES_INSIDE },
    hostEnvironment: {
      ...environment,
      LD_LIBRARY_PATH: libraryFolders(process.env).join(':'),
    },
  };
}
