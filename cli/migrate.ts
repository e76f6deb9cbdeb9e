import { parseArgs } from 'node:util';

import { loadConfig } from '../server/config.ts';
import { migrate as migrateDatabase } from '../server/db/migrations/index.ts';
import { closeDeps, createDeps } from '../server/deps.ts';
import { EXIT, type Command } from './command.ts';

const help = `
certamen migrate [--json]

Brings the tables of the database up to date. 'certamen start' and 'certamen worker' do so by
themselves; run this before them where several start at the same time.

  --json    print one JSON object: { migrations: [names that ran] }

Exit codes: 0 done, 2 usage, 5 the system failed.
`;

export const migrate: Command = {
  name: 'migrate',
  summary: 'bring the tables of the database up to date',
  help,
  async run(args) {
    const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } });
    const deps = await createDeps(loadConfig(process.env));
    try {
      const migrations = await migrateDatabase(deps.db);
      process.stdout.write(
        values.json ? `${JSON.stringify({ migrations })}\n` : describe(migrations),
      );
    } finally {
      await closeDeps(deps);
    }
    return EXIT.done;
  },
};

function describe(migrations: readonly string[]): string {
  if (migrations.length === 0) return 'The tables are up to date.\n';
  return migrations.map((name) => `migrated ${name}\n`).join('');
}
