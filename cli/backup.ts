import { parseArgs } from 'node:util';

import { loadConfig } from '../server/config.ts';
import { backUp } from '../server/services/backup.ts';
import { EXIT, UsageError, type Command } from './command.ts';

const help = `
certamen backup --out FILE|FOLDER [--json]

Writes the whole site into one archive: the database as it is at one moment, every file of a submission,
the key that signs receipts, and imported tasks. The site may run meanwhile. The archive is a plain tar
file (gzipped where FILE ends in .gz or .tgz) with a manifest of hashes. Keep it as secret as the data
folder: it holds the key, and the hashes of passwords.

  --out     a file that is not there yet, or a folder, for certamen-<time>.tar. Not in the data folder.
  --json    print one JSON object: { file, created_at, files, bytes, damaged, tasks_elsewhere }

Settings: DATA_DIR, DATABASE_URL and STORAGE_URL, see docs/reference/configuration.md.
Exit codes: 0 done, 2 usage, 5 the system failed, or files of submissions were missing or changed: the
archive is written all the same, without what is not there to be saved.
`;

export const backup: Command = {
  name: 'backup',
  summary: 'write the whole site into one archive, also while it runs',
  help,
  async run(args) {
    const { values } = parseArgs({
      args,
      options: { out: { type: 'string' }, json: { type: 'boolean', default: false } },
    });
    if (values.out === undefined) throw new UsageError('say where to write with --out');
    const config = loadConfig(process.env);
    const { file, manifest, tasks_elsewhere } = await backUp(config, {
      out: values.out,
      now: new Date(),
    });
    const { created_at, damaged } = manifest;
    const files = manifest.files.length;
    const bytes = manifest.files.reduce((sum, entry) => sum + entry.bytes, 0);
    if (values.json) {
      const told = { file, created_at, files, bytes, damaged, tasks_elsewhere };
      process.stdout.write(`${JSON.stringify(told)}\n`);
    } else {
      process.stdout.write(`${file}: ${files} files, ${(bytes / 2 ** 20).toFixed(1)} MiB\n`);
    }
    for (const folder of tasks_elsewhere) {
      process.stderr.write(`certamen backup: a task lives elsewhere and is not in it: ${folder}\n`);
    }
    for (const { name, what } of damaged) {
      process.stderr.write(`certamen backup: ${what}: ${name}\n`);
    }
    return damaged.length === 0 ? EXIT.done : EXIT.system;
  },
};
