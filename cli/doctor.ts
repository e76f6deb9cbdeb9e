import { parseArgs } from 'node:util';

import { loadConfig } from '../server/config.ts';
import { probeEngines, type EngineProbe } from '../sandbox/accelerator.ts';
import { detectIsolation } from '../sandbox/isolation/detect.ts';
import { probeIsolation, type IsolationProbe } from '../sandbox/isolation/probe.ts';
import { ISOLATION_LEVELS as LEVELS, type IsolationLevel } from '../sandbox/request.ts';
import { EXIT, UsageError, type Command } from './command.ts';

const help = `
certamen doctor [--require LEVEL] [--json]

Starts real sandboxed children that try to get out, and prints what held, what did not, and the
command that helps. Then looks for accelerators, compares what it finds with the processor, operator by
operator, and measures both. Takes a few seconds; changes nothing.

  --require LEVEL    fail (exit code 5) when this machine offers less: process, partial or full
  --json             print one JSON object: { level, notes, node, platform, checks: [{ name, holds, detail, fix }],
                     engines: { asked, provider, fallback_reason, adapters, looked_for, tests, fix } }

Levels:
  full      bubblewrap (namespaces, filtered system calls, a user without rights) and cgroup limits
  partial   bubblewrap without cgroups: kernel limits per process and a watchdog on memory
  process   no bubblewrap: weights and predictions are accepted, code is refused

Exit codes: 0 done, 2 usage, 5 the machine offers less than was required, or the probes could not run.
`;

export const doctor: Command = {
  name: 'doctor',
  summary: 'test how well this machine isolates submissions',
  help,
  async run(args) {
    const { values } = parseArgs({
      args,
      options: { require: { type: 'string' }, json: { type: 'boolean', default: false } },
    });
    const required = values.require === undefined ? null : parseLevel(values.require);
    const config = loadConfig(process.env);
    const probe = await probeIsolation({ python: config.PYTHON_ENV });
    const engines = await probeEngines(config.ENGINE_PROVIDER, await detectIsolation());
    if (values.json) {
      const { node } = process.versions;
      const platform = `${process.platform}-${process.arch}`;
      console.log(JSON.stringify({ ...probe, engines, node, platform }, null, 2));
    } else console.log(`${formatProbe(probe)}\n\n${formatEngines(engines)}`);
    if (required !== null && LEVELS.indexOf(probe.level) < LEVELS.indexOf(required)) {
      console.error(`Isolation is ${probe.level}, and ${required} is required.`);
      return EXIT.system;
    }
    return EXIT.done;
  },
};

function parseLevel(text: string): IsolationLevel {
  const level = LEVELS.find((known) => known === text);
  if (level === undefined)
    throw new UsageError(`--require takes ${LEVELS.join(', ')}; received '${text}'`);
  return level;
}

export function formatProbe({ level, notes, checks }: IsolationProbe): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, holds, detail, fix }) => [
    `  ${holds ? 'holds' : 'OPEN '}  ${name.padEnd(width)}  ${detail}`,
    ...(fix === '' ? [] : [`         ${' '.repeat(width)}  -> ${fix}`]),
  ]);
  return [
    `Isolation level: ${level}`,
    ...notes.map((note) => `  because ${note}`),
    '',
    ...lines,
  ].join('\n');
}

export function formatEngines(probe: EngineProbe): string {
  const { asked, provider, fallback_reason, adapters, looked_for, tests, fix } = probe;
  const width = Math.max(...looked_for.map(({ what }) => what.length));
  return [
    `Models compute on: ${provider} (ENGINE_PROVIDER is ${asked})`,
    ...(fallback_reason === null ? [] : [`  because ${fallback_reason}`]),
    ...(adapters.length === 0
      ? ['Graphics cards: none found']
      : adapters.map(({ name, driver }) => `Graphics card: ${name}, driver ${driver}`)),
    ...looked_for.map(({ what, found }) => `  ${what.padEnd(width)}  ${found ?? 'not found'}`),
    ...tests.flatMap(({ provider: tested, operators, problems, speed }) => [
      ...(tested === 'cpu'
        ? []
        : [
            `${tested}: ${String(operators - problems.length)} of ${String(operators)} models agree with the processor`,
          ]),
      ...problems.map((problem) => `  wrong  ${problem}`),
      ...(speed === null
        ? []
        : [
            `LeNet-5 in batches of 64: ${String(speed.cpu)} images/s on the processor` +
              (speed.accelerator === null ? '' : `, ${String(speed.accelerator)} on ${tested}`),
          ]),
    ]),
    ...(fix === null ? [] : [`  -> ${fix}`]),
  ].join('\n');
}
