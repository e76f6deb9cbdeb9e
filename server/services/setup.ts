import { planEngine } from '../../sandbox/accelerator.ts';
import { detectIsolation } from '../../sandbox/isolation/detect.ts';
import { probeIsolation, type IsolationProbe } from '../../sandbox/isolation/probe.ts';
import type { IsolationReport } from '../../sandbox/request.ts';
import type { Deps } from '../deps.ts';
import { AppError, StartError } from '../errors.ts';
import { hashSecret, newSecret } from '../lib/secrets.ts';
import { countAdmins } from '../models/role-grants.ts';
import {
  deleteSetting,
  insertSettingOnce,
  selectOptionalSetting,
  upsertSetting,
} from '../models/settings.ts';
import { countUsers } from '../models/users.ts';
import {
  createAccount,
  openSession,
  prepareAccount,
  viewerOf,
  type Session,
  type SignUpInput,
} from './accounts.ts';

export type Mode = 'demo' | 'production';

const MODE = 'mode';
const SETUP_TOKEN = 'setup_token_hash';

/**
 * Decides and keeps the mode of this data folder; a production folder without an administrator gets a
 * new one-time link. The tables exist already.
 *
 * @returns the link, to be printed, or null.
 * @throws StartError when the folder is of the other mode, for demo accounts never go public; and as checkIsolation does.
 */
export async function prepareInstance(
  deps: Deps,
): Promise<{ mode: Mode; setup_url: string | null }> {
  const mode = await decideMode(deps);
  if (mode === 'demo') return { mode, setup_url: null };
  if (deps.config.SUPERVISE_WORKER) await checkIsolation(deps);
  const token = newSecret();
  const open = await deps.db.transaction().execute(async (trx) => {
    if ((await countAdmins(trx)) > 0) return false;
    await upsertSetting(trx, SETUP_TOKEN, hashSecret(token));
    return true;
  });
  return { mode, setup_url: open ? `${deps.config.PUBLIC_URL}/setup/${token}` : null };
}

async function decideMode(deps: Deps): Promise<Mode> {
  const { CERTAMEN_MODE, NODE_ENV } = deps.config;
  const asked =
    CERTAMEN_MODE === 'auto' ? (NODE_ENV === 'production' ? 'production' : null) : CERTAMEN_MODE;
  const stored = await selectOptionalSetting(deps.db, MODE);
  const empty = (await countUsers(deps.db)) === 0;
  const wanted = asked ?? stored ?? (empty ? 'demo' : 'production');
  const kept = await insertSettingOnce(deps.db, MODE, wanted);
  if (kept !== wanted)
    throw new StartError(
      `this data folder was started in ${kept} mode and keeps it; ${wanted} mode needs another DATA_DIR`,
    );
  return kept === 'demo' ? 'demo' : 'production';
}

/**
 * Production mode does not run submissions as plain processes unless the operator accepts that by name.
 *
 * @returns what isolation runs on this machine have.
 * @throws StartError
 */
export async function checkIsolation(deps: Deps): Promise<IsolationReport> {
  const { report } = await detectIsolation();
  if (report.level !== 'process' || deps.config.ACCEPT_WEAK_ISOLATION) return report;
  if ((await selectOptionalSetting(deps.db, MODE)) !== 'production') return report;
  throw new StartError(
    `production does not start: submissions would run as plain processes (${report.notes.join('; ')}); install bubblewrap, or accept the risk with ACCEPT_WEAK_ISOLATION=true`,
  );
}

/** What `partial` and `full` both promise; `full` promises control groups too, `process` no walls at all. */
const WALLS: ReadonlySet<string> = new Set([
  ...['namespaces', 'capabilities', 'filter', 'end', 'network', 'files', 'writing'],
  ...['descriptors', 'environment', 'processes', 'system-calls', 'threads', 'memory'],
]);

/**
 * Lets real children try to get out of the isolation that runs will have, and says what held.
 * Production mode does not evaluate behind a wall that its level promises and that has a hole, unless the
 * operator accepts that by name.
 *
 * @returns null when the test itself did not work, outside of production mode.
 * @throws StartError
 */
export async function testIsolation(deps: Deps): Promise<IsolationProbe | null> {
  const { config, logger } = deps;
  let probe: IsolationProbe | null = null;
  let problem: string;
  try {
    probe = await probeIsolation({ python: config.PYTHON_ENV });
    const { level, checks } = probe;
    problem = checks
      .filter(({ name, holds }) => !holds && level !== 'process' && WALLS.has(name))
      .map(({ name, detail }) => `${name}: ${detail}`)
      .join('; ');
    if (problem === '') return probe;
  } catch (error) {
    logger.error({ err: error }, 'the self-test of isolation did not work');
    problem = 'the self-test did not work; the log says more';
  }
  if (
    config.ACCEPT_WEAK_ISOLATION ||
    (await selectOptionalSetting(deps.db, MODE)) !== 'production'
  ) {
    logger.error({ problem }, 'isolation does not hold what it promises');
    return probe;
  }
  throw new StartError(
    `isolation does not hold what it promises (${problem}); see certamen doctor, or accept the risk with ACCEPT_WEAK_ISOLATION=true`,
  );
}

/** Looks for the accelerator that the operator asks for and tests it, before any evaluation waits for it. */
export async function testEngine(deps: Deps): Promise<void> {
  const { config, logger } = deps;
  const asked = config.ENGINE_PROVIDER;
  const { provider, fallback_reason } = await planEngine(asked, await detectIsolation());
  if (fallback_reason === null) logger.info({ asked, provider }, 'models compute here');
  else logger.warn({ asked, provider, fallback_reason }, 'models compute on the processor');
}

/** True while there is an unused one-time link and `token` is its token. */
export async function isSetupToken(deps: Deps, token: string): Promise<boolean> {
  return (await selectOptionalSetting(deps.db, SETUP_TOKEN)) === hashSecret(token);
}

/** The first administrator signs up by the one-time link. @throws AppError SETUP_LINK_INVALID, and as signUp does */
export async function claimSetup(
  deps: Deps,
  input: SignUpInput & { token: string },
): Promise<Session> {
  const { token: setupToken, ...account } = input;
  if (!(await isSetupToken(deps, setupToken))) throw new AppError('SETUP_LINK_INVALID');
  const prepared = await prepareAccount(account);
  const admin = [{ scope: 'site', scope_id: '', role: 'admin' }];
  return deps.db.transaction().execute(async (trx) => {
    if (!(await deleteSetting(trx, SETUP_TOKEN, hashSecret(setupToken)))) {
      throw new AppError('SETUP_LINK_INVALID');
    }
    const id = await createAccount(deps, trx, prepared, admin);
    return { ...(await openSession(deps, trx, id)), user: viewerOf({ ...prepared, id }, admin) };
  });
}
