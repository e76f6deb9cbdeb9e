import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';

import { verifyReceipt, type ReceiptFile } from '../server/lib/receipt.ts';
import { loadTask } from '../tasks/load.ts';
import { EXIT, UsageError, type Command } from './command.ts';

const help = `
certamen verify RECEIPT.json [--key FILE] [--artifact FILE ...] [--task DIR] [--json]

Checks a receipt: that it is whole, that its signature is that of the key it names, and that every value
opened in it is the one that was sealed when it was signed. No server or account is needed.

  --key FILE        keys that you trust, as a site publishes them at /.well-known/certamen-key.json;
                    without it any key passes, and you compare the key id yourself
  --artifact FILE   a file of the submission; repeat it to compare all of them with the receipt
  --task DIR        the task folder; compares the task's version and the hashes of the scored splits
  --json            print one JSON object: { valid, checks: [{ name, holds, detail }], receipt, opened }

Exit codes: 0 everything that was asked for holds, 2 usage, 3 something does not hold, 4 the task is broken.

Example: curl -s https://SITE/.well-known/certamen-key.json -o keys.json
         certamen verify receipt.json --key keys.json --artifact model.onnx
`;

interface Check {
  readonly name: 'receipt' | 'key' | 'artifact' | 'task';
  readonly holds: boolean;
  readonly detail: string;
}

export const verify: Command = {
  name: 'verify',
  summary: 'check the signed receipt of an evaluation',
  help,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      options: {
        key: { type: 'string' },
        artifact: { type: 'string', multiple: true },
        task: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
    const [path, ...rest] = positionals;
    if (path === undefined || rest.length > 0) throw new UsageError('name one receipt');
    const verification = verifyReceipt(await readText(path));
    if (!verification.ok) {
      const checks = [{ name: 'receipt', holds: false, detail: verification.detail } as const];
      print(values.json, checks, null);
      return EXIT.submission;
    }

    const { file } = verification;
    const { key_id } = file.signature;
    const checks: Check[] = [
      { name: 'receipt', holds: true, detail: `whole, and signed by the key ${key_id}` },
    ];
    if (values.key !== undefined)
      checks.push(checkKey(file, await readKeys(values.key), values.key));
    if (values.artifact !== undefined) checks.push(...(await checkArtifact(file, values.artifact)));
    if (values.task !== undefined) checks.push(...(await checkTask(file, values.task)));
    print(values.json, checks, file);
    return checks.every(({ holds }) => holds) ? EXIT.done : EXIT.submission;
  },
};

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => {
    throw new UsageError(`there is no file '${path}'`);
  });
}

/** @returns the trusted public keys. */
async function readKeys(path: string): Promise<string[]> {
  const wrong = new UsageError(
    `'${path}' holds no keys; expected the answer of /.well-known/certamen-key.json`,
  );
  let data: unknown;
  try {
    data = JSON.parse(await readText(path));
  } catch (error) {
    throw error instanceof UsageError ? error : wrong;
  }
  const list: unknown = Reflect.get(Object(data) as object, 'keys');
  if (!Array.isArray(list)) throw wrong;
  return list.map((item: unknown) => {
    const key: unknown = Reflect.get(Object(item) as object, 'public_key');
    if (typeof key !== 'string') throw wrong;
    return key;
  });
}

function checkKey({ signature }: ReceiptFile, trusted: readonly string[], path: string): Check {
  const holds = trusted.includes(signature.public_key);
  return {
    name: 'key',
    holds,
    detail: holds
      ? `${signature.key_id} is one of the keys in ${path}`
      : `${signature.key_id} is none of the ${trusted.length} keys in ${path}`,
  };
}

async function checkArtifact({ receipt }: ReceiptFile, paths: readonly string[]): Promise<Check[]> {
  const { files } = receipt.artifact;
  const given = await Promise.all(
    paths.map(async (path) => {
      const bytes = await readFile(path).catch(() => {
        throw new UsageError(`there is no file '${path}'`);
      });
      return { path, sha256: createHash('sha256').update(bytes).digest('hex') };
    }),
  );
  const ofGiven = given.map(({ path, sha256 }): Check => {
    const name = basename(path);
    const same = files.find((file) => file.name === name) ?? null;
    const holds = files.some((file) => file.sha256 === sha256);
    const detail = holds
      ? `${name} was submitted`
      : same === null
        ? `${name} was not submitted`
        : `${name} differs: ${same.sha256} was submitted, and this is ${sha256}`;
    return { name: 'artifact', holds, detail };
  });
  const absent = files.filter((file) => !given.some(({ sha256 }) => sha256 === file.sha256));
  return [
    ...ofGiven,
    ...absent.map(({ name }): Check => ({
      name: 'artifact',
      holds: false,
      detail: `${name} was submitted and is not among the files given`,
    })),
  ];
}

/** A version that the site keyed is told by the hash under its seal, which organizers' receipts have opened. */
function checkVersion(
  found: string,
  { task, seals }: ReceiptFile['receipt'],
  opened: ReceiptFile['opened'],
): Check {
  const { version } = task;
  const sealed = opened['task'];
  const holds = (sealed?.value ?? version) === found;
  const detail = holds
    ? `version ${version}`
    : sealed === undefined && Object.hasOwn(seals, 'task')
      ? `version ${version} is keyed, for the task has hidden files: the receipt of an organizer tells more`
      : `version ${version} was run, and this is another: ${found}`;
  return { name: 'task', holds, detail };
}

async function checkTask({ receipt, opened }: ReceiptFile, folder: string): Promise<Check[]> {
  const task = await loadTask(folder);
  const { splits } = receipt.task;
  // The version covers every file; a split's own hash is there only for those who may know it.
  const splitChecks = Object.keys(splits).flatMap((split): Check[] => {
    const data = opened[`data.${split}`];
    if (data === undefined) return [];
    const holds = task.splitHashes[split] === data.value;
    const detail = `the data of the split ${split} ${holds ? 'is the same' : 'differs'}`;
    return [{ name: 'task', holds, detail }];
  });
  return [checkVersion(task.contentHash, receipt, opened), ...splitChecks];
}

function print(json: boolean, checks: readonly Check[], file: ReceiptFile | null): void {
  const valid = checks.every(({ holds }) => holds);
  if (json) {
    const { receipt, opened } = file ?? { receipt: null, opened: null };
    process.stdout.write(`${JSON.stringify({ valid, checks, receipt, opened }, null, 2)}\n`);
    return;
  }
  const lines = checks.map(
    ({ name, holds, detail }) => `${holds ? 'holds' : 'FAILS'}  ${name.padEnd(9)} ${detail}`,
  );
  process.stdout.write(`${lines.join('\n')}\n`);
  if (file !== null && valid) process.stdout.write(`\n${explain(file, checks)}\n`);
}

function explain({ receipt, opened, signature }: ReceiptFile, checks: readonly Check[]): string {
  const { outcome, task, isolation, engine, platform, times } = receipt;
  const splits = Object.entries(task.splits).map(
    ([split, { rows }]) => `${split} (${rows ?? 'unknown'} rows)`,
  );
  const sealed = Object.keys(receipt.seals).filter((name) => !Object.hasOwn(opened, name));
  const failed =
    isolation?.self_test?.filter(({ holds }) => !holds).map(({ check }) => check) ?? [];
  const selfTest =
    isolation?.self_test == null
      ? 'no self-test'
      : failed.length === 0
        ? `self-test: ${isolation.self_test.length} of ${isolation.self_test.length} checks held`
        : `self-test: did not hold: ${failed.join(', ')}`;
  const facts: [string, string][] = [
    ['issuer', receipt.issuer],
    ['submission', `${receipt.submission_id}, attempt ${receipt.attempt}`],
    ['artifact', receipt.artifact.sha256],
    ['task', `${task.name} ${task.version}`],
    ['splits', splits.join(', ')],
    ['platform', `certamen ${platform.version}: ${platform.metrics.join(', ')}`],
    [
      'engine',
      engine === null
        ? 'none'
        : `${engine.name} ${engine.version} on ${engine.provider}, ${engine.threads} threads`,
    ],
    ['isolation', isolation === null ? 'nothing was run' : `${isolation.level}, ${selfTest}`],
    [
      'outcome',
      outcome.failure === null
        ? outcome.status
        : `${outcome.status}: ${outcome.failure.code} (${outcome.failure.reason})`,
    ],
    ...Object.entries(opened).map(([name, { value }]): [string, string] => [
      name,
      JSON.stringify(value),
    ]),
    ...(sealed.length === 0 ? [] : [['sealed', sealed.join(', ')] as [string, string]]),
    ['finished', times.finished_at],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const trusted = checks.some(({ name }) => name === 'key');
  return [
    ...facts.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    '',
    'This proves: whoever holds the private key signed exactly this, and nothing in it was changed since.',
    trusted
      ? 'The key is one that you trust.'
      : `It does not say whose key that is: compare ${signature.key_id} with ${receipt.issuer}/.well-known/certamen-key.json, or give --key.`,
    'It does not prove that the site told the truth when it signed, and a sealed value can be checked only once it is opened.',
  ].join('\n');
}
