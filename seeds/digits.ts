/** The demo competition: handwritten digits. */
import type { Deps } from '../server/deps.ts';
import { ensureAccount } from '../server/services/accounts.ts';
import { ensureCompetition, ensurePhase } from '../server/services/competitions.ts';
import { adoptTaskVersion } from '../server/services/phase-rules.ts';
import { addTaskExtras } from '../server/services/task-extras.ts';
import { registerTask } from '../server/services/tasks.ts';
import type { Localized } from '../tasks/task.ts';
import type { SeedOptions, SeedResult } from './seed.ts';

const SLUG = 'digits';

const TITLE: Localized = { en: 'Handwritten digits', es: 'Dígitos manuscritos' };
const SUMMARY: Localized = {
  en: 'Which digit does the image show? Train on 8,000 real images and be ranked on 1,000 others.',
  es: '¿Qué dígito muestra la imagen? Entrena con 8.000 imágenes reales y compite en otras 1.000.',
};
const PHASE_TITLE: Localized = { en: 'Open phase', es: 'Fase abierta' };

const ACCOUNTS = [
  { role: 'organizer', email: 'organizer@certamen.example', name: 'Olga Organiza', locale: 'en' },
  { role: 'instructor', email: 'instructor@certamen.example', name: 'Iván Enseña', locale: 'es' },
  { role: 'student', email: 'student@certamen.example', name: 'Sofía Estudia', locale: 'es' },
] as const;

/** Competition, phase, accounts, published results, and the task's baselines queued for evaluation. */
export async function seedDigits(deps: Deps, options: SeedOptions = {}): Promise<SeedResult> {
  const { task_version_id } = await registerTask(deps, { folder: 'tasks/digits', ...options });
  const competition_id = await ensureCompetition(deps, {
    slug: SLUG,
    title: TITLE,
    summary: SUMMARY,
    state: 'public',
  });
  const phase_id = await ensurePhase(deps, {
    competition_id,
    slug: 'open',
    title: PHASE_TITLE,
    position: 0,
    task_version_id,
    public_split: 'public',
    private_split: 'private',
    display_rule: 'best',
    daily_limit: 20,
    starts_at: deps.clock.now().toISOString(),
    ends_at: null,
    revealed_at: null,
  });
  // A folder of an older release: its scores stand, and what is submitted now meets today's task.
  if (!(await adoptTaskVersion(deps, { phase_id, task_version_id }))) {
    options.onProgress?.('the digits have changed: the demo of this data folder cannot score them');
  }
  const accounts = [];
  for (const { role, ...account } of ACCOUNTS) {
    const password = await ensureAccount(deps, {
      ...account,
      // A student is an account like any other.
      roles: role === 'student' ? [] : [{ scope: 'competition', scope_id: competition_id, role }],
    });
    if (password !== null) accounts.push({ role, email: account.email, password });
  }
  const submissions = await addTaskExtras(deps, phase_id);
  return { competition: SLUG, accounts, submissions };
}
