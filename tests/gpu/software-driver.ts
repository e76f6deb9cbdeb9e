/**
 * Chromium's software Vulkan driver, SwiftShader, and its Vulkan loader: a WebGPU adapter for machines
 * without a graphics card. Imported first, since the loader is looked for in the environment.
 */
import { existsSync } from 'node:fs';
import { accessTo } from '../../sandbox/accelerator.ts';
import type { EnginePlan } from '../../sandbox/accelerator.ts';
import { findAccelerators } from '../../sandbox/isolation/accelerator.ts';

const FOLDERS = [
  '/usr/lib/chromium',
  '/usr/lib64/chromium',
  '/usr/lib/chromium-browser',
  '/opt/google/chrome',
];

function useChromium(): void {
  if (process.env['VK_DRIVER_FILES'] !== undefined) return;
  const folder = FOLDERS.find((each) => existsSync(`${each}/vk_swiftshader_icd.json`));
  if (folder === undefined)
    throw new Error(
      `these tests need Chromium's software Vulkan driver: apt-get install chromium; looked in ${FOLDERS.join(', ')}`,
    );
  process.env['VK_DRIVER_FILES'] = `${folder}/vk_swiftshader_icd.json`;
  process.env['LD_LIBRARY_PATH'] = folder;
}

useChromium();

/** WebGPU on that driver, whatever its self-test says: it has convolutions that are wrong. */
export const UNTESTED_WEBGPU: EnginePlan = {
  provider: 'webgpu',
  access: accessTo('webgpu', findAccelerators(), true),
  tfjs: false,
  fallback_reason: null,
};
