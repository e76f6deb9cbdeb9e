import { parseArgs } from 'node:util';

import { EXIT, type Command } from './command.ts';

const help = `
certamen worker

Runs one worker: it takes evaluations from the queue of the database that DATABASE_URL (or DATA_DIR)
names. 'certamen start' runs one by itself; start more on machines that share database and storage, or
set SUPERVISE_WORKER=false there and run them apart. Stops gracefully on SIGTERM.

Settings: environment variables, see docs/reference/configuration.md.
Exit codes: 0 stopped gracefully, 2 usage, 5 the system failed.
`;

export const worker: Command = {
  name: 'worker',
  summary: 'evaluate submissions from the queue until stopped',
  help,
  async run(args) {
    parseArgs({ args, options: {} });
    process.argv.length = 2;
    await import('../server/worker.ts');
    return process.exitCode === undefined || process.exitCode === 0 ? EXIT.done : EXIT.system;
  },
};
