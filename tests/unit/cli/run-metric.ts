import { vi } from 'vitest';

import { main } from '../../../cli/main.ts';

/** `certamen metric` in this process: what it printed and its exit code. */
export async function runMetric(
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  const printed = { out: '', err: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((chunk) => {
      printed[stream === 'stdout' ? 'out' : 'err'] += String(chunk);
      return true;
    }),
  );
  try {
    return { code: await main(['metric', ...args]), ...printed };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
