import { UsageError, EXIT, type Command } from './command.ts';

/** Loaded one by one, so that `certamen evaluate` never waits for the web server's packages. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./start.ts')).start,
  worker: async () => (await import('./worker.ts')).worker,
  'reset-password': async () => (await import('./reset-password.ts')).resetPassword,
  migrate: async () => (await import('./migrate.ts')).migrate,
  backup: async () => (await import('./backup.ts')).backup,
  restore: async () => (await import('./restore.ts')).restore,
  seed: async () => (await import('./seed.ts')).seed,
  competition: async () => (await import('./competition.ts')).competition,
  task: async () => (await import('./task.ts')).task,
  evaluate: async () => (await import('./evaluate.ts')).evaluate,
  predict: async () => (await import('./predict.ts')).predict,
  metric: async () => (await import('./metric.ts')).metric,
  verify: async () => (await import('./verify.ts')).verify,
  doctor: async () => (await import('./doctor.ts')).doctor,
};

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  const lines = commands.map((command) => `  ${command.name.padEnd(16)}${command.summary}`);
  return `certamen <command> [options]\n\n${lines.join('\n')}\n\n'certamen <command> --help' tells more of each.\n`;
}

/** @returns the exit code: 0 done, 2 usage, 3 the submission failed, 4 the task is broken, 5 the system failed. */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...args] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(await overview());
    return name === undefined ? EXIT.usage : EXIT.done;
  }
  if (name === '--version') {
    const { default: manifest } = await import('../package.json', { with: { type: 'json' } });
    process.stdout.write(`${manifest.version}\n`);
    return EXIT.done;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) {
    process.stderr.write(`certamen: there is no command '${name}'\n\n${await overview()}`);
    return EXIT.usage;
  }
  const command = await load();
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`${command.help.trim()}\n`);
    return EXIT.done;
  }
  try {
    return await command.run(args);
  } catch (error) {
    if (error instanceof UsageError || isParseArgsError(error)) {
      process.stderr.write(`certamen ${name}: ${error.message}\nTry 'certamen ${name} --help'.\n`);
      return EXIT.usage;
    }
    process.stderr.write(
      `certamen ${name}: ${isExplained(error) ? error.message : trace(error)}\n`,
    );
    return EXIT.system;
  }
}

function isParseArgsError(error: unknown): error is Error {
  return (
    error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  );
}

/** By name, because the classes live in the server's files, which not every command loads. */
function isExplained(error: unknown): error is Error {
  return error instanceof Error && ['ConfigError', 'StartError'].includes(error.name);
}

function trace(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
