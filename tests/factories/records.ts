/** Records made through the services: valid by default, override what the test is about. */
import { createReadStream } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';

import type { Deps } from '../../server/deps.ts';
import { insertRoleGrant } from '../../server/models/role-grants.ts';
import { newId } from '../../server/lib/ids.ts';
import type { Phase } from '../../server/models/phases.ts';
import type { RoleGrant, Viewer } from '../../server/services/access.ts';
import { findSessionUser, signUp } from '../../server/services/accounts.ts';
import { ensureCompetition, ensurePhase } from '../../server/services/competitions.ts';
import { submit, type SubmitInput, type SubmittedFile } from '../../server/services/submissions.ts';
import { registerTask } from '../../server/services/tasks.ts';

const DIGITS = path.resolve(import.meta.dirname, '../../tasks/digits');
const MIB = 1024 * 1024;

let serial = 0;

export async function makeUser(
  deps: Deps,
  input: { name?: string; email?: string; roles?: readonly RoleGrant[] } = {},
): Promise<Viewer> {
  serial += 1;
  const { token, user } = await signUp(deps, {
    name: input.name ?? `User ${serial}`,
    email: input.email ?? `user${serial}@certamen.example`,
    password: 'a long enough password',
    locale: 'en',
  });
  for (const grant of input.roles ?? []) {
    await insertRoleGrant(deps.db, {
      ...grant,
      id: newId(),
      user_id: user.id,
      created_at: deps.clock.now().toISOString(),
    });
  }
  return (await findSessionUser(deps, token)) ?? user;
}

/**
 * A public competition with one open phase on the digits.
 *
 * @param input.edit what is different in the task's `task.yaml`.
 */
export async function makeCompetition(
  deps: Deps,
  input: {
    slug?: string;
    state?: string;
    phase?: Partial<Phase>;
    edit?: (yaml: string) => string;
  } = {},
): Promise<{ competition_id: string; phase_id: string; task_version_id: string; slug: string }> {
  serial += 1;
  const slug = input.slug ?? `competition-${serial}`;
  const folder = input.edit === undefined ? DIGITS : await copyDigits(deps, input.edit);
  const { task_version_id } = await registerTask(deps, { folder });
  const competition_id = await ensureCompetition(deps, {
    slug,
    title: { en: 'Digits', es: 'Dígitos' },
    summary: { en: 'Which digit?', es: '¿Qué dígito?' },
    state: input.state ?? 'public',
  });
  const phase_id = await ensurePhase(deps, {
    competition_id,
    slug: 'open',
    title: { en: 'Open', es: 'Abierta' },
    position: 0,
    task_version_id,
    public_split: 'public',
    private_split: 'private',
    display_rule: 'best',
    daily_limit: 20,
    starts_at: new Date(deps.clock.now().getTime() - 60_000).toISOString(),
    ends_at: null,
    revealed_at: null,
    ...input.phase,
  });
  return { competition_id, phase_id, task_version_id, slug };
}

async function copyDigits(deps: Deps, edit: (yaml: string) => string): Promise<string> {
  const folder = path.join(deps.config.DATA_DIR, `digits-${serial}`);
  await cp(DIGITS, folder, { recursive: true });
  const file = path.join(folder, 'task.yaml');
  await writeFile(file, edit(await readFile(file, 'utf8')));
  return folder;
}

/** A file of a submission, stored. */
export async function makeFile(
  deps: Deps,
  input: { name?: string; content?: string } = {},
): Promise<SubmittedFile> {
  const stored = await deps.storage.put(Readable.from([Buffer.from(input.content ?? 'x')]), {
    maxBytes: MIB,
  });
  return { name: input.name ?? 'model.onnx', ...stored };
}

/** A baseline of the digits as a submission's file: `logreg.onnx`, `mlp.onnx` or `lenet5.onnx`. */
export async function makeModelFile(deps: Deps, name = 'logreg.onnx'): Promise<SubmittedFile> {
  const stored = await deps.storage.put(createReadStream(path.join(DIGITS, 'baselines', name)), {
    maxBytes: 16 * MIB,
  });
  return { name, ...stored };
}

export async function makeSubmission(
  deps: Deps,
  input: Pick<SubmitInput, 'phase_id' | 'user'> & Partial<SubmitInput>,
): Promise<{ submission_id: string; evaluation_id: string }> {
  const files = input.files ?? [await makeFile(deps)];
  return submit(deps, { options: {}, note: '', ...input, files });
}
