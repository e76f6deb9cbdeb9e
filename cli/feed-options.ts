/** Options that several commands spell alike: how images are fed to a model, and whole numbers. */
import type { FeedOptions } from '../tasks/task.ts';
import { UsageError } from './command.ts';

/** @throws UsageError for what is no layout or no number, and for a std of 0. */
export function feedOptions(values: {
  layout?: string | undefined;
  scale?: string | undefined;
  mean?: string | undefined;
  std?: string | undefined;
}): FeedOptions {
  const { layout } = values;
  if (layout !== undefined && layout !== 'nchw' && layout !== 'nhwc') {
    throw new UsageError(`--layout is nchw or nhwc, not '${layout}'`);
  }
  const [scale] = numbers('--scale', values.scale) ?? [];
  const std = numbers('--std', values.std);
  if (std?.includes(0)) throw new UsageError('--std must not be 0');
  return { layout, scale, mean: numbers('--mean', values.mean), std };
}

function numbers(option: string, text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined;
  return text.split(',').map((part) => {
    const value = Number(part);
    if (part.trim() === '' || !Number.isFinite(value))
      throw new UsageError(`${option}: '${part}' is not a number`);
    return value;
  });
}

/** @throws UsageError unless the text, where there is one, is a whole number from `low` to `high`. */
export function wholeNumber(
  option: string,
  text: string | undefined,
  low: number,
  high: number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new UsageError(`${option} is a whole number from ${low} to ${high}, not '${text}'`);
  }
  return value;
}
