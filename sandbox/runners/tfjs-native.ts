/**
 * TensorFlow's native packages for Node, where the operator has installed one: as quick as ONNX Runtime,
 * and with CUDA libraries the only way of TF.js to a graphics card. Never needed.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import util from 'node:util';
import type * as tfCore from '@tensorflow/tfjs-core';
import { engineDetail } from './engine-detail.ts';

type Tf = typeof tfCore;

/** Best first. Both register the backend `tensorflow`; neither name says what it computes on. */
export const NATIVE_PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

export type Importer = (name: string) => Promise<unknown>;

export interface Native {
  /** True once the backend is the one in use. */
  readonly started: boolean;
  /** As TensorFlow itself lists its devices. */
  readonly usesDevice: boolean;
  /** Why an installed package was not taken; empty where none is installed. */
  readonly problems: readonly string[];
}

/**
 * The packages call two functions that Node 23 removed. Adds those that are missing, and nothing else.
 *
 * @param target the mutable CommonJS object of `node:util`.
 */
export function addRemovedFunctions(target: Record<string, unknown>): void {
  target['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  target['isArray'] ??= Array.isArray;
}

const { resolve } = createRequire(import.meta.url);

const importPackage: Importer = (name) =>
  import(pathToFileURL(resolve(name)).href) as Promise<unknown>;

/** @param mayUseDevice false keeps TensorFlow on the processor, whatever card is there. */
export async function startNative(
  tf: Tf,
  mayUseDevice: boolean,
  importer: Importer = importPackage,
): Promise<Native> {
  const problems: string[] = [];
  for (const name of NATIVE_PACKAGES) {
    const problem = await startPackage(tf, name, mayUseDevice, importer);
    if (problem === null) return { started: true, usesDevice: usesDevice(tf), problems };
    if (problem !== '') problems.push(`${name}: ${problem}`);
  }
  return { started: false, usesDevice: false, problems };
}

function usesDevice(tf: Tf): boolean {
  const backend = tf.backend() as unknown as { readonly isUsingGpuDevice?: unknown };
  return backend.isUsingGpuDevice === true;
}

/** Null when it runs, empty where it is not installed, else what is wrong. */
async function startPackage(
  tf: Tf,
  name: string,
  mayUseDevice: boolean,
  importer: Importer,
): Promise<string | null> {
  addRemovedFunctions(util);
  process.env['TF_CPP_MIN_LOG_LEVEL'] = '3';
  if (!mayUseDevice) process.env['CUDA_VISIBLE_DEVICES'] = '-1';
  let native: { readonly version_core?: unknown; readonly default?: { version_core?: unknown } };
  try {
    native = (await importer(name)) as typeof native;
  } catch (error) {
    if (isMissing(error, name)) return '';
    return isAddonMissing(error) ? 'its native addon is missing' : engineDetail(error);
  }
  const version = native.version_core ?? native.default?.version_core;
  if (version !== tf.version_core)
    return `its core is ${String(version)}, and ${tf.version_core} is needed`;
  try {
    // Registered with another copy of the core, it would not be known here.
    if (!isRegistered(tf)) return 'it brings a core of its own';
    return (await tf.setBackend('tensorflow')) ? null : 'its backend did not start';
  } catch (error) {
    return engineDetail(error);
  }
}

function isRegistered(tf: Tf): boolean {
  return (tf.findBackendFactory('tensorflow') as unknown) != null;
}

function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error)) return false;
  const { code, message } = error as NodeJS.ErrnoException;
  return (
    (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') &&
    message.includes(`'${name}'`)
  );
}

function isAddonMissing(error: unknown): boolean {
  return error instanceof Error && /tfjs_binding\.node|native addon/u.test(error.message);
}
