import { bubblewrapIsolation } from '../../sandbox/isolation/bubblewrap.ts';
import type { BubblewrapOptions } from '../../sandbox/isolation/bubblewrap.ts';
import { detect } from '../../sandbox/isolation/detect.ts';
import type { Detected } from '../../sandbox/isolation/detect.ts';
import type { Level } from '../sandbox/run-child.ts';

export interface WalledLevel extends Level {
  readonly bubblewrap: BubblewrapOptions;
  readonly detected: Detected;
}

/** `partial` everywhere, and `full` where cgroups are open. Fails where bubblewrap does not work. */
export async function walledLevels(): Promise<WalledLevel[]> {
  const found = await detect();
  if (found.bubblewrap === null)
    throw new Error(`these tests need bubblewrap: ${found.isolation.report.notes.join('; ')}`);
  const without: BubblewrapOptions = { ...found.bubblewrap, cgroups: null };
  const walled = (level: string, bubblewrap: BubblewrapOptions): WalledLevel => {
    const isolation = bubblewrapIsolation(bubblewrap);
    return { level, bubblewrap, isolation, detected: { ...found, isolation, bubblewrap } };
  };
  return [
    walled('partial', without),
    ...(found.bubblewrap.cgroups === null ? [] : [walled('full', found.bubblewrap)]),
  ];
}
