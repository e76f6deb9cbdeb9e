import { parseArgs } from 'node:util';

import { EvaluationFailure } from '../sandbox/failure.ts';
import { isSeedName, SEED_NAMES, SEEDS } from '../seeds/registry.ts';
import { loadConfig } from '../server/config.ts';
import { migrate } from '../server/db/migrations/index.ts';
import { closeDeps, createDeps } from '../server/deps.ts';
import { StartError } from '../server/errors.ts';
import { prepareInstance } from '../server/services/setup.ts';
import { EXIT, UsageError, type Command } from './command.ts';

const help = `
certamen seed NAME [--json]

Fills the data folder with a demo competition: its task, accounts, baselines and published results.
Running it again adds what is missing and changes nothing else. The passwords of accounts that it makes
are printed once. A worker ('certamen start' or 'certamen worker') then evaluates the baselines.
Refused for a data folder in production mode.

  NAME      one of: ${SEED_NAMES.join(', ')}
  --json    print one JSON object: { competition, accounts: [{ role, email, password }], submissions }

Exit codes: 0 done, 2 usage, 4 the task is broken, 5 the system failed.
`;

export const seed: Command = {
  name: 'seed',
  summary: 'fill the data folder with a demo competition',
  help,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      options: { json: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    const [name, ...rest] = positionals;
    if (name === undefined || rest.length > 0) throw new UsageError('name one seed');
    if (!isSeedName(name)) {
      throw new UsageError(`there is no seed '${name}'; there are: ${SEED_NAMES.join(', ')}`);
    }
    const deps = await createDeps(loadConfig(process.env));
    try {
      await migrate(deps.db);
      const { mode } = await prepareInstance(deps);
      if (mode !== 'demo') {
        throw new StartError('demo data is refused in production mode');
      }
      const result = await SEEDS[name](deps, {
        onProgress: (message) => process.stderr.write(`${message}\n`),
      });
      if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
      else {
        for (const { role, email, password } of result.accounts) {
          process.stdout.write(`${role.padEnd(12)}${email.padEnd(34)}${password}\n`);
        }
        process.stdout.write(`${result.competition}: ${result.submissions} baselines queued\n`);
      }
      return EXIT.done;
    } catch (error) {
      if (!(error instanceof EvaluationFailure)) throw error;
      const { code, reason, params } = error.failure;
      process.stderr.write(`certamen seed: ${code} (${reason}) ${JSON.stringify(params)}\n`);
      return EXIT.task;
    } finally {
      await closeDeps(deps);
    }
  },
};
