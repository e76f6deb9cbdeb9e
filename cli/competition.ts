import path from 'node:path';
import { parseArgs } from 'node:util';

import { loadConfig } from '../server/config.ts';
import { migrate } from '../server/db/migrations/index.ts';
import { closeDeps, createDeps } from '../server/deps.ts';
import { FIELD_LIMITS } from '../server/lib/field-limits.ts';
import { requireDatabase } from '../server/services/backup.ts';
import {
  COMPETITION_FILE,
  ImportRefused,
  importCompetition,
  type ImportProblem,
} from '../server/services/competition-import.ts';
import { translate } from '../views/language.ts';
import { EXIT, UsageError, type Command } from './command.ts';
import { warningText } from './failure-report.ts';

const help = `
certamen competition import DIR --as EMAIL [--json]

Makes a competition of a folder with ${COMPETITION_FILE}, texts in Markdown and one or more task folders, or brings it up
to date: what the file names becomes as the file says, and what it does not name stays. Importing a folder again
changes nothing. Tasks are copied into the data folder. Run it where the server runs, with the same environment; a
worker then evaluates the baselines of the tasks. The format is in docs/guides/organizers.md.

  DIR          the folder
  --as EMAIL   account that this is recorded under; it becomes an organizer of a competition that is new
  --json       print one JSON object: { slug, created, public, phases: [{ slug, task_version }] }

Exit codes: 0 done, 2 usage, 4 the folder or a task in it is broken, 5 the system failed.
`;

export const competition: Command = {
  name: 'competition',
  summary: 'make a competition of a folder, or bring it up to date',
  help,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { as: { type: 'string' }, json: { type: 'boolean', default: false } },
    });
    const [action, folder, ...others] = positionals;
    if (action !== 'import' || folder === undefined || others.length > 0) {
      throw new UsageError('say import, and name one folder');
    }
    if (values.as === undefined) throw new UsageError('--as EMAIL is needed: who does this?');
    const config = loadConfig(process.env);
    await requireDatabase(config);
    const deps = await createDeps(config);
    try {
      await migrate(deps.db);
      const { warnings, ...result } = await importCompetition(deps, {
        folder: path.resolve(folder),
        email: values.as,
      });
      for (const { failure } of warnings) {
        process.stderr.write(`warning: ${warningText(failure)}\n`);
      }
      if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
      else {
        const state = result.public ? 'public' : 'a draft';
        const phases = result.phases.map(({ slug }) => slug).join(', ');
        process.stdout.write(
          `${result.slug}: ${result.created ? 'created' : 'up to date'}, ${state}; phases: ${phases}\n`,
        );
      }
      return EXIT.done;
    } catch (error) {
      if (!(error instanceof ImportRefused)) throw error;
      for (const problem of error.problems) process.stderr.write(`error: ${explain(problem)}\n`);
      return EXIT.task;
    } finally {
      await closeDeps(deps);
    }
  },
};

/** Keys of the file that fields of the site's forms go by another name in. */
const KEYS: Readonly<Record<string, string>> = {
  title_en: 'title.en',
  title_es: 'title.es',
  summary_en: 'summary.en',
  summary_es: 'summary.es',
  body_en: 'text.en',
  body_es: 'text.es',
  starts: 'starts_at',
  ends: 'ends_at',
  task_version_id: 'task',
  tie_breaker: 'ranking.tie_breakers',
};

function explain(problem: ImportProblem): string {
  if (typeof problem === 'string') return problem;
  const { at, field } = problem;
  const limits = Object.entries(FIELD_LIMITS).find(([name]) => name === field)?.[1];
  const text = translate('en', `field.${problem.problem}`, { ...limits });
  return `${COMPETITION_FILE}: ${at}${KEYS[field] ?? field}: ${text}`;
}
