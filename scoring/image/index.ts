import type { Metric } from '../metric.ts';
import { lpips } from './lpips.ts';
import { msSsim } from './ms-ssim.ts';
import { psnr, psnrPooled } from './psnr.ts';
import { ssim } from './ssim.ts';

export const IMAGE_METRICS: readonly Metric[] = [psnr, psnrPooled, ssim, msSsim, lpips];
