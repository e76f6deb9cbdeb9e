import { parseArgs } from 'node:util';

import { restore as restoreBackup } from '../server/services/backup.ts';
import { EXIT, UsageError, type Command } from './command.ts';

const help = `
certamen restore FILE --into FOLDER [--force] [--json]

Unpacks an archive of 'certamen backup' into a data folder, after it has proved that the archive is whole:
every hash of its manifest, the database, and every file that the database names. Then start the site
with DATA_DIR=FOLDER. What was being evaluated when the backup was made is evaluated again.

  --into    data folder. One that holds something is refused, and so is one that a server runs on.
  --force   moves what the folder holds into its subfolder before-restore-<time>; nothing is deleted
  --json    print one JSON object: { into, created_at, files, damaged, moved_to }

Exit codes: 0 done, 2 usage, 5 the archive is damaged, or the folder cannot be used.
`;

export const restore: Command = {
  name: 'restore',
  summary: 'unpack such an archive into a data folder',
  help,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      options: {
        into: { type: 'string' },
        force: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
    const [file, ...rest] = positionals;
    if (file === undefined || rest.length > 0) throw new UsageError('name one archive');
    if (values.into === undefined) throw new UsageError('say into which folder with --into');
    const { into, force } = values;
    const { manifest, moved_to } = await restoreBackup({ file, into, force, now: new Date() });
    const { created_at, damaged } = manifest;
    const files = manifest.files.length;
    if (values.json) {
      const told = { into, created_at, files, damaged, moved_to };
      process.stdout.write(`${JSON.stringify(told)}\n`);
    } else {
      process.stdout.write(`${into}: ${files} files, as of ${created_at}\n`);
      if (moved_to !== null) process.stdout.write(`what was there before: ${moved_to}\n`);
    }
    for (const { name, what } of damaged) {
      process.stderr.write(`certamen restore: ${what} when the backup was made: ${name}\n`);
    }
    return EXIT.done;
  },
};
