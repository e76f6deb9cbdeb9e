/** The one schema over environment variables. `loadConfig` is pure; only main, worker, seeds, the commands and tests call it. */
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { z } from 'zod';

/** Facts about one variable, beside its rule; `.env.example` and the reference page are made from them. */
interface Key {
  readonly schema: z.ZodType<unknown, string | undefined>;
  /** As a person would write it; empty when the value is derived from other keys. */
  readonly fallback: string;
  readonly unit: string;
  readonly why: string;
  readonly secret?: true;
}

function key<Schema extends Key['schema']>(
  schema: Schema,
  facts: Omit<Key, 'schema'>,
): Key & { readonly schema: Schema } {
  return { schema, ...facts };
}

function whole(low: number, high: number, fallback: number) {
  const message = `must be a whole number from ${low} to ${high}`;
  return z
    .string()
    .regex(/^\d+$/u, message)
    .transform(Number)
    .refine((value) => value >= low && value <= high, message)
    .default(fallback);
}

const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .transform((value) => value === 'true')
    .default(fallback);

const url = (...schemes: string[]) =>
  z.string().refine((value) => URL.canParse(value) && schemes.includes(new URL(value).protocol), {
    error: `must be a URL that starts with ${schemes.join(' or ')}`,
  });

export const CONFIG_KEYS = {
  PORT: key(whole(0, 65_535, 8080), {
    fallback: '8080',
    unit: 'TCP port',
    why: 'Port of the web server; 0 takes a free one.',
  }),
  HOST: key(z.string().min(1).default('127.0.0.1'), {
    fallback: '127.0.0.1',
    unit: 'address',
    why: 'Address to listen on. The default is reachable from this machine only.',
  }),
  DATA_DIR: key(z.string().min(1).default('./data'), {
    fallback: './data',
    unit: 'folder',
    why: 'Everything that has to be kept: database and submissions. Back this folder up.',
  }),
  PUBLIC_URL: key(url('http:', 'https:').optional(), {
    fallback: '',
    unit: 'URL',
    why: 'Address under which people reach the site. Cookies are Secure when it is https. Unset: http on HOST and PORT.',
  }),
  DATABASE_URL: key(
    z
      .string()
      .refine((value) => /^sqlite:.+/u.test(value), 'must be sqlite: followed by a file name')
      .optional(),
    {
      fallback: '',
      unit: 'URL',
      why: 'Database, as sqlite:FILE. Unset: certamen.db in DATA_DIR.',
      secret: true,
    },
  ),
  STORAGE_URL: key(url('file:').optional(), {
    fallback: '',
    unit: 'URL',
    why: 'Where submitted files are kept, as file:///FOLDER. Unset: the folder storage in DATA_DIR.',
    secret: true,
  }),
  NODE_ENV: key(z.string().default('development'), {
    fallback: 'development',
    unit: 'name',
    why: 'production selects production mode where CERTAMEN_MODE is auto.',
  }),
  CERTAMEN_MODE: key(
    z
      .enum(['auto', 'demo', 'production'], { error: 'must be auto, demo or production' })
      .default('auto'),
    {
      fallback: 'auto',
      unit: 'auto, demo or production',
      why: 'demo fills an empty data folder with a demo competition. auto: production under NODE_ENV=production, else demo when the data folder is empty.',
    },
  ),
  ACCEPT_WEAK_ISOLATION: key(flag(false), {
    fallback: 'false',
    unit: 'true or false',
    why: 'Lets production mode start where bubblewrap is missing. Submitted models then run as plain processes: a risk that you take knowingly.',
  }),
  LOG_LEVEL: key(
    z
      .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
        error: 'must be fatal, error, warn, info, debug, trace or silent',
      })
      .default('info'),
    {
      fallback: 'info',
      unit: 'fatal, error, warn, info, debug, trace or silent',
      why: 'The least important log line that is written.',
    },
  ),
  TRUST_PROXY_HOPS: key(whole(0, 16, 0), {
    fallback: '0',
    unit: 'proxies',
    why: 'Reverse proxies in front of the server whose X-Forwarded-For is believed.',
  }),
  UPLOAD_MAX_MB: key(whole(1, 4096, 100), {
    fallback: '100',
    unit: 'MiB',
    why: 'Largest submission, all files together. A task may ask for less.',
  }),
  UPLOAD_MAX_FILES: key(whole(1, 256, 32), {
    fallback: '32',
    unit: 'files',
    why: 'Files in one submission: a TF.js model comes in shards.',
  }),
  TASK_UPLOAD_MAX_MB: key(whole(1, 65_536, 1024), {
    fallback: '1024',
    unit: 'MiB',
    why: 'Largest task bundle that an organizer may send. It may inflate to four times as much.',
  }),
  TASK_CHECK_MS: key(whole(1_000, 86_400_000, 600_000), {
    fallback: '600000',
    unit: 'ms',
    why: 'A task bundle that is not read and checked in this time is refused.',
  }),
  TASK_CHECK_MB: key(whole(256, 1_048_576, 4096), {
    fallback: '4096',
    unit: 'MiB',
    why: 'A task bundle whose check needs more memory than this is refused.',
  }),
  REQUEST_MS: key(whole(100, 86_400_000, 900_000), {
    fallback: '900000',
    unit: 'ms',
    why: 'A request that has not arrived in this time is cut off: what the slowest upload may take. Its headers get 30 s at most.',
  }),
  REQUESTS_PER_MINUTE: key(whole(1, 1_000_000, 600), {
    fallback: '600',
    unit: 'requests a minute',
    why: 'Slows down whoever asks for more: counted per account on pages once logged in, else per address.',
  }),
  BOARD_CACHE_MS: key(whole(0, 60_000, 250), {
    fallback: '250',
    unit: 'ms',
    why: 'How long after a change visitors without an account may still see a leaderboard as it was. 0: its pages are made anew for each of them.',
  }),
  LOGINS_PER_HOUR: key(whole(1, 1_000_000, 30), {
    fallback: '30',
    unit: 'refused logins an hour and address',
    why: 'Slows down guessing of passwords: only refused logins count. An account may be tried five times as often from all addresses together, and four times as many sign-ups are allowed.',
  }),
  FREE_FAILURES_PER_DAY: key(whole(1, 100_000, 50), {
    fallback: '50',
    unit: 'submissions a day and entry',
    why: 'Failures that cost no quota are still limited to this many.',
  }),
  SESSION_DAYS: key(whole(1, 365, 14), {
    fallback: '14',
    unit: 'days',
    why: 'How long a login lasts.',
  }),
  SUPERVISE_WORKER: key(flag(true), {
    fallback: 'true',
    unit: 'true or false',
    why: 'Whether certamen start also runs a worker. false where workers run apart.',
  }),
  WORKER_CONCURRENCY: key(whole(1, 64, 1), {
    fallback: '1',
    unit: 'evaluations',
    why: 'Evaluations that one worker runs at the same time.',
  }),
  ENGINE_THREADS: key(whole(1, 64, 2), {
    fallback: '2',
    unit: 'threads',
    why: 'Threads of the inference engine in each evaluation.',
  }),
  ENGINE_PROVIDER: key(
    z
      .enum(['auto', 'cpu', 'webgpu', 'cuda'], { error: 'must be auto, cpu, webgpu or cuda' })
      .default('cpu'),
    {
      fallback: 'cpu',
      unit: 'auto, cpu, webgpu or cuda',
      why: 'Where ONNX and TF.js models compute. A sample of what an accelerator answers is checked on the processor in every run, and one that fails is not used. auto: CUDA, else WebGPU on a real graphics card, else the processor. See the guide on GPUs.',
    },
  ),
  PYTHON_ENV: key(z.string().min(1).default('auto'), {
    fallback: 'auto',
    unit: 'auto, file or folder',
    why: 'Python for submissions with a model.py: an interpreter, or the folder of a virtual environment, that every user may read. auto: the python3 of the system.',
  }),
  QUEUE_POLL_MS: key(whole(10, 60_000, 200), {
    fallback: '200',
    unit: 'ms',
    why: 'How often an idle worker looks for a job.',
  }),
  JOB_LEASE_MS: key(whole(1_000, 3_600_000, 30_000), {
    fallback: '30000',
    unit: 'ms',
    why: 'A job whose worker has not been heard of for this long is given to another.',
  }),
  JOB_MAX_ATTEMPTS: key(whole(1, 20, 3), {
    fallback: '3',
    unit: 'attempts',
    why: 'An evaluation that the platform itself failed this often is given up.',
  }),
  JOB_BACKOFF_MS: key(whole(0, 3_600_000, 2_000), {
    fallback: '2000',
    unit: 'ms',
    why: 'Wait before the second attempt; doubled for each further one, up to ten minutes.',
  }),
  JOB_OVERTIME_MS: key(whole(0, 86_400_000, 600_000), {
    fallback: '600000',
    unit: 'ms',
    why: 'An evaluation that is not done this long after twice the time limit of its task is given up and tried again.',
  }),
  SHUTDOWN_GRACE_MS: key(whole(0, 600_000, 20_000), {
    fallback: '20000',
    unit: 'ms',
    why: 'On a graceful stop, running evaluations get this long; the rest go back to the queue.',
  }),
} as const satisfies Record<string, Key>;

type KeyName = keyof typeof CONFIG_KEYS;
type Parsed = { readonly [Name in KeyName]: z.output<(typeof CONFIG_KEYS)[Name]['schema']> };

/** Resolved values: every address and folder is absolute, nothing is left to be derived. */
export type Config = Omit<Parsed, 'PUBLIC_URL' | 'DATABASE_URL' | 'STORAGE_URL'> & {
  readonly PUBLIC_URL: string;
  readonly DATABASE_URL: string;
  readonly STORAGE_URL: string;
  /** Folder of the checkout; relative task folders start here. */
  readonly PROJECT_DIR: string;
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** Every bad key at once, one a line. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration has errors:\n${problems.map((line) => `  ${line}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const KEY_NAMES = Object.keys(CONFIG_KEYS) as KeyName[];

/** An empty value counts as unset. @throws ConfigError naming every key whose value cannot be used. */
export function loadConfig(env: Environment): Config {
  const problems: string[] = [];
  const parsed: Record<string, unknown> = {};
  for (const name of KEY_NAMES) {
    const { schema } = CONFIG_KEYS[name];
    const raw = env[name] === '' ? undefined : env[name];
    const result = schema.safeParse(raw);
    if (result.success) parsed[name] = result.data;
    else problems.push(`${name} ${result.error.issues[0]?.message ?? 'cannot be used'}`);
  }
  const demoInProduction =
    parsed['CERTAMEN_MODE'] === 'demo' && parsed['NODE_ENV'] === 'production';
  if (demoInProduction) problems.push('CERTAMEN_MODE must not be demo under NODE_ENV=production');
  if (problems.length > 0) throw new ConfigError(problems);

  const values = parsed as Parsed;
  const DATA_DIR = resolve(values.DATA_DIR);
  return {
    ...values,
    DATA_DIR,
    PUBLIC_URL: (values.PUBLIC_URL ?? `http://${hostInUrl(values.HOST)}:${values.PORT}`).replace(
      /\/+$/u,
      '',
    ),
    DATABASE_URL: values.DATABASE_URL ?? `sqlite:${join(DATA_DIR, 'certamen.db')}`,
    STORAGE_URL: values.STORAGE_URL ?? pathToFileURL(join(DATA_DIR, 'storage')).href,
    PROJECT_DIR: fileURLToPath(new URL('..', import.meta.url)),
  };
}

/** For the log at start: secrets are masked, their kind stays visible. */
export function describeConfig(config: Config): Record<string, string | number | boolean> {
  return Object.fromEntries(
    KEY_NAMES.map((name) => {
      const facts: Key = CONFIG_KEYS[name];
      const value = config[name];
      return [name, facts.secret ? maskUrl(String(value)) : value];
    }),
  );
}

/** Keeps the scheme and the path of a file; hides user names, passwords and everything after them. */
function maskUrl(value: string): string {
  const scheme = value.slice(0, value.indexOf(':') + 1);
  return scheme === 'sqlite:' || scheme === 'file:' ? value : `${scheme}***`;
}

function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** The text of `.env.example`. */
export function renderEnvExample(): string {
  const blocks = KEY_NAMES.map((name) => {
    const { fallback, unit, why }: Key = CONFIG_KEYS[name];
    return `# ${why} (${unit})\n# ${name}=${fallback}\n`;
  });
  return `# Every setting of Certamen with its default. Take the mark off a line to change it.\n\n${blocks.join('\n')}`;
}

/** The text of `docs/reference/configuration.md`. */
export function renderConfigReference(): string {
  const rows = KEY_NAMES.map((name) => {
    const { fallback, unit, why }: Key = CONFIG_KEYS[name];
    return `| \`${name}\` | ${fallback === '' ? 'see text' : `\`${fallback}\``} | ${unit} | ${why} |`;
  });
  return `# Configuration

Certamen reads environment variables and nothing else. Each has a default that works on a laptop. A start with a value that
cannot be used lists every such key and stops. This page is made from \`server/config.ts\`.

<!-- prettier-ignore -->
| Variable | Default | Unit | Meaning |
| --- | --- | --- | --- |
${rows.join('\n')}

## Modes

The first start of a data folder decides its mode, and the folder keeps it.

- **demo**: fills the folder with a demo competition and accounts, whose random passwords are printed once.
- **production**: starts empty and prints a one-time link with which the first administrator signs up. A demo folder is
  refused in production mode, and \`CERTAMEN_MODE=demo\` is refused under \`NODE_ENV=production\`.
`;
}
