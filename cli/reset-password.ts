import { parseArgs } from 'node:util';

import { loadConfig } from '../server/config.ts';
import { closeDeps, createDeps } from '../server/deps.ts';
import { AppError } from '../server/errors.ts';
import { createResetLink } from '../server/services/accounts.ts';
import { requireDatabase } from '../server/services/backup.ts';
import { EXIT, UsageError, type Command } from './command.ts';

const help = `
certamen reset-password EMAIL

Prints a one-time link with which the owner of an account chooses a new password. It works for a day, and
earlier links of the account are void. Run it where the server runs, with the same environment.

Exit codes: 0 done, 2 usage or no such account, 5 the system failed.
`;

export const resetPassword: Command = {
  name: 'reset-password',
  summary: 'print a one-time link to choose a new password',
  help,
  async run(args) {
    const { positionals } = parseArgs({ args, allowPositionals: true });
    const [email, ...others] = positionals;
    if (email === undefined || others.length > 0) throw new UsageError('name one account');
    const config = loadConfig(process.env);
    await requireDatabase(config);
    const deps = await createDeps(config);
    try {
      const { url, expires_at } = await createResetLink(deps, { email, actor_id: null });
      process.stdout.write(`${url}\nuntil ${expires_at}\n`);
      return EXIT.done;
    } catch (error) {
      if (error instanceof AppError && error.code === 'USER_NOT_FOUND') {
        throw new UsageError(`there is no account with the address '${email}'`);
      }
      throw error;
    } finally {
      await closeDeps(deps);
    }
  },
};
