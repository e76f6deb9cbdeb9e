/**
 * The fault suite by itself:
 *
 *   npm run test:faults [-- --runs 200] [--seed N] [--no-disk] [--json FILE]
 *
 * Kills worker and server at ten points of a submission's way, fills the disk, locks the database, sets the
 * clock and cancels, in an order that the seed decides. Ends with 0 when nothing was stuck, lost, done twice,
 * counted wrongly or left behind. A disk to be filled has to be mounted, which takes the rights of root; without
 * them those runs are left out, and the last lines say so.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { mountDisk, runFaults, type FaultReport } from './faults/suite.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
    'no-disk': { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});

function mayMount(): boolean {
  const folder = mkdtempSync(path.join(tmpdir(), 'certamen-mount-'));
  try {
    mountDisk(folder);
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function summary({ runs, violations, ...report }: FaultReport): string[] {
  const kinds = Map.groupBy(runs, ({ fault }) => fault.kind);
  const ms = (sorted: readonly number[], share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  const lines = [...kinds].sort().map(([kind, of]) => {
    const times = of.map(({ recovery_ms }) => recovery_ms).sort((left, right) => left - right);
    const points = new Set(of.map(({ fault }) => fault.point)).size;
    return `${kind}: ${of.length} times at ${points} points, done again after ${ms(times, 0.5)} ms (median), ${ms(times, 1)} ms (longest)`;
  });
  const cancels = [...report.cancel_ms].sort((left, right) => left - right);
  return [
    ...lines,
    `${report.submissions} submissions in ${report.attempts} attempts; ${report.orphans} files of dead uploads collected`,
    cancels.length === 0
      ? 'no run was cancelled'
      : `cancelled run to dead processes: ${ms(cancels, 0.5)} ms (median), ${ms(cancels, 1)} ms (longest) of ${cancels.length}`,
    report.disk ? 'disk full: tried on a disk of its own' : 'disk full: left out',
    `seed ${report.seed}: ${runs.length} runs, ${violations.length} violations`,
  ];
}

const seed = Number(values.seed);
const disk = !values['no-disk'] && mayMount();
process.stdout.write(`seed ${seed}\n`);
const report = await runFaults({
  runs: Number(values.runs),
  seed,
  disk,
  onRun: (line) => process.stdout.write(`${line}\n`),
});
const lines = summary(report);
process.stdout.write(`${lines.join('\n')}\n`);
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify({ ...report, lines }));
process.exitCode = report.violations.length === 0 ? 0 : 1;
