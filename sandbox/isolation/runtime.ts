/** The files that a child needs to run, as read-only mounts: nothing of the data folder is among them. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Mount } from './launch.ts';
import { programs } from './rlimits.ts';
import { isReadableByOthers } from './uid.ts';

export const CHECKOUT = path.resolve(import.meta.dirname, '../..');
/** Where the runtime lies inside. Outside node_modules, since Node strips no types there. */
export const ROOT_INSIDE = '/rt';
export const NODE_INSIDE = `${ROOT_INSIDE}/node`;

/** Packages that runners import; what they depend on follows. */
const PACKAGES = [
  'onnxruntime-common',
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-layers',
  '@tensorflow/tfjs-converter',
  '@tensorflow/tfjs-backend-wasm',
  '@tensorflow/tfjs-backend-cpu',
  'yauzl',
  'isolated-vm',
  // Installed by operators who want them.
  '@tensorflow/tfjs-node-gpu',
  '@tensorflow/tfjs-node',
];

/** ONNX Runtime brings binaries for many platforms, and packages that only its install script uses. */
const ONNX_RUNTIME = path.join(CHECKOUT, 'node_modules/onnxruntime-node');
const ONNX_BINDING = `bin/napi-v6/${process.platform}/${process.arch}`;

function packageFolder(name: string, from: string): string | null {
  for (let folder = from; folder.startsWith(CHECKOUT); folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'node_modules', name);
    if (existsSync(path.join(candidate, 'package.json'))) return candidate;
  }
  return null;
}

/** Folders of the packages and of everything they need at run time, outermost ones only. */
function packageFolders(): string[] {
  const folders = new Set<string>();
  const visit = (name: string, from: string) => {
    // Types are for compilers; and what is not installed is not needed on this platform.
    const folder = name.startsWith('@types/') ? null : packageFolder(name, from);
    if (folder === null || folders.has(folder)) return;
    folders.add(folder);
    const { dependencies = {} } = JSON.parse(
      readFileSync(path.join(folder, 'package.json'), 'utf8'),
    ) as { dependencies?: Record<string, string> };
    for (const dependency of Object.keys(dependencies)) visit(dependency, folder);
  };
  for (const name of PACKAGES) visit(name, CHECKOUT);
  const inside = (folder: string) => path.relative(CHECKOUT, folder).split('node_modules').length;
  return [...folders].filter((folder) => inside(folder) === 2);
}

/** Shared libraries that the loader wants for these binaries: the paths that it asks for. */
export function libraries(binaries: readonly string[], ldd: string): Mount[] {
  const wanted = new Set<string>();
  for (const binary of binaries) {
    const listed = execFileSync(ldd, [binary], { encoding: 'utf8', env: {} });
    for (const line of listed.split('\n')) {
      // "libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x…)" or "/lib64/ld-linux-x86-64.so.2 (0x…)"
      const found = /^\s*(?:\S+ => )?(\/\S+) \(0x[0-9a-f]+\)$/u.exec(line)?.[1];
      if (found !== undefined && !found.startsWith(CHECKOUT)) wanted.add(found);
    }
  }
  return [...wanted].map((to) => ({ from: realpathSync(to), to }));
}

/** Of TensorFlow's native packages, where one is installed. */
function nativeAddons(): string[] {
  return ['tfjs-node-gpu', 'tfjs-node']
    .map((name) => `node_modules/@tensorflow/${name}/lib/napi-v8/tfjs_binding.node`)
    .map((file) => path.join(CHECKOUT, file))
    .filter((file) => existsSync(file));
}

/** What a sandboxed child sees of the machine. @throws Error when `ldd` is missing or fails. */
export function runtimeMounts(): Mount[] {
  const ldd = programs.ldd();
  if (ldd === null) throw new Error('ldd is not installed');
  const node = realpathSync(process.execPath);
  const binding = path.join(ONNX_RUNTIME, ONNX_BINDING);
  const inCheckout = [
    'sandbox',
    'node_modules/onnxruntime-node/package.json',
    'node_modules/onnxruntime-node/dist',
    `node_modules/onnxruntime-node/${ONNX_BINDING}`,
    ...packageFolders().map((folder) => path.relative(CHECKOUT, folder)),
  ];
  return [
    ...libraries([node, path.join(binding, 'libonnxruntime.so.1'), ...nativeAddons()], ldd),
    { from: node, to: NODE_INSIDE },
    // Says that the sources are modules.
    { from: path.join(CHECKOUT, 'sandbox/package.json'), to: `${ROOT_INSIDE}/package.json` },
    ...inCheckout.map((file) => ({
      from: path.join(CHECKOUT, file),
      to: path.join(ROOT_INSIDE, file),
    })),
  ];
}

const COPY_PREFIX = 'certamen-runtime-';

function copyOpen(from: string, to: string): void {
  if (statSync(from).isDirectory()) {
    mkdirSync(to);
    chmodSync(to, 0o755);
    for (const name of readdirSync(from))
      if (!/\.(?:d\.ts|map)$/u.test(name)) copyOpen(path.join(from, name), path.join(to, name));
  } else {
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
    chmodSync(to, 0o755);
  }
}

/** Copies of workers that were killed. */
function sweepCopies(folder: string): void {
  for (const name of readdirSync(folder)) {
    const owner = new RegExp(`^${COPY_PREFIX}(\\d+)-`, 'u').exec(name)?.[1];
    const copy = path.join(folder, name);
    if (owner === undefined || existsSync(`/proc/${owner}`)) continue;
    if (lstatSync(copy).uid === process.getuid?.()) rmSync(copy, { recursive: true, force: true });
  }
}

/**
 * For a worker that is root and lies where others cannot read, such as a private home folder: the same
 * mounts from a copy that every user can read and only root can write. It goes when this process ends.
 */
export function readableMounts(mounts: readonly Mount[]): readonly Mount[] {
  if (mounts.every(({ from }) => isReadableByOthers(from))) return mounts;
  sweepCopies(tmpdir());
  const folder = mkdtempSync(path.join(tmpdir(), `${COPY_PREFIX}${String(process.pid)}-`));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  return mounts.map(({ from, to }, index) => {
    if (isReadableByOthers(from)) return { from, to };
    const copy = path.join(folder, String(index));
    copyOpen(from, copy);
    return { from: copy, to };
  });
}

/** Where a file of the checkout lies inside. */
export function insidePath(file: string): string {
  return path.join(ROOT_INSIDE, path.relative(CHECKOUT, file));
}
