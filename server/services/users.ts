/** What administrators do with accounts: look them up, give and take roles, hand out links for lost passwords. */
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { timestamp } from '../lib/clock.ts';
import { newId } from '../lib/ids.ts';
import { listCompetitionRows } from '../models/competitions.ts';
import {
  countAdmins,
  deleteRoleGrant,
  insertRoleGrant,
  listRoleGrantsOf,
} from '../models/role-grants.ts';
import { listUsers, selectOptionalUser } from '../models/users.ts';
import type { Localized } from '../../tasks/task.ts';
import { requireAdmin, type RoleGrant, type Viewer } from './access.ts';
import { createResetLink } from './accounts.ts';
import { recordAudit } from './audit.ts';

export interface UserItem {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly created_at: string;
  readonly roles: readonly RoleGrant[];
}

export interface UserPage {
  readonly users: readonly UserItem[];
  readonly total: number;
  readonly page: number;
  readonly pages: number;
  /** What a role may be given for. */
  readonly competitions: readonly {
    readonly id: string;
    readonly slug: string;
    readonly title: Localized;
  }[];
}

export const USER_PAGE_SIZE = 50;

/** Roles by scope; a person may have several. */
const ROLES: readonly { readonly scope: string; readonly roles: readonly string[] }[] = [
  { scope: 'site', roles: ['admin'] },
  { scope: 'competition', roles: ['organizer', 'instructor'] },
];

/** @throws AppError NOT_FOUND for everybody but administrators */
export async function readUsers(
  deps: Deps,
  input: { viewer: Viewer | null; search: string; page: number },
): Promise<UserPage> {
  requireAdmin(input.viewer);
  const { users, total } = await listUsers(deps.db, {
    search: input.search.trim(),
    offset: (input.page - 1) * USER_PAGE_SIZE,
    limit: USER_PAGE_SIZE,
  });
  const grants = await listRoleGrantsOf(
    deps.db,
    users.map(({ id }) => id),
  );
  return {
    users: users.map(({ id, name, email, created_at }) => ({
      id,
      name,
      email,
      created_at,
      roles: grants
        .filter(({ user_id }) => user_id === id)
        .map(({ scope, scope_id, role }) => ({ scope, scope_id, role })),
    })),
    total,
    page: input.page,
    pages: Math.max(1, Math.ceil(total / USER_PAGE_SIZE)),
    competitions: (await listCompetitionRows(deps.db)).map(({ id, slug, title }) => ({
      id,
      slug,
      title,
    })),
  };
}

/** @throws AppError NOT_FOUND, USER_NOT_FOUND, INVALID_FORM (field role) */
export async function grantRole(
  deps: Deps,
  input: { viewer: Viewer | null; user_id: string; grant: RoleGrant },
): Promise<void> {
  const admin = requireAdmin(input.viewer);
  const { grant, user_id } = input;
  await checkGrant(deps, grant);
  if ((await selectOptionalUser(deps.db, user_id)) === null) throw new AppError('USER_NOT_FOUND');
  await deps.db.transaction().execute(async (trx) => {
    await insertRoleGrant(trx, {
      ...grant,
      id: newId(),
      user_id,
      created_at: timestamp(deps.clock),
    });
    await recordAudit(deps, trx, {
      actor_id: admin.id,
      action: 'role.granted',
      subject: 'user',
      subject_id: user_id,
      detail: { ...grant },
    });
  });
}

/** @throws AppError NOT_FOUND, LAST_ADMIN */
export async function revokeRole(
  deps: Deps,
  input: { viewer: Viewer | null; user_id: string; grant: RoleGrant },
): Promise<void> {
  const admin = requireAdmin(input.viewer);
  const { grant, user_id } = input;
  await deps.db.transaction().execute(async (trx) => {
    if (!(await deleteRoleGrant(trx, { ...grant, user_id }))) throw new AppError('NOT_FOUND');
    // A site that nobody runs could only be opened again at the command line.
    if ((await countAdmins(trx)) === 0) throw new AppError('LAST_ADMIN');
    await recordAudit(deps, trx, {
      actor_id: admin.id,
      action: 'role.revoked',
      subject: 'user',
      subject_id: user_id,
      detail: { ...grant },
    });
  });
}

/** @throws AppError NOT_FOUND, USER_NOT_FOUND */
export async function createResetLinkFor(
  deps: Deps,
  input: { viewer: Viewer | null; user_id: string },
): Promise<{ email: string; url: string; expires_at: string }> {
  const admin = requireAdmin(input.viewer);
  const user = await selectOptionalUser(deps.db, input.user_id);
  if (user === null) throw new AppError('USER_NOT_FOUND');
  const { email } = user;
  return { email, ...(await createResetLink(deps, { email, actor_id: admin.id })) };
}

async function checkGrant(deps: Deps, { scope, scope_id, role }: RoleGrant): Promise<void> {
  const known = ROLES.some((entry) => entry.scope === scope && entry.roles.includes(role));
  const exists =
    scope === 'site'
      ? scope_id === ''
      : (await listCompetitionRows(deps.db)).some(({ id }) => id === scope_id);
  if (!known || !exists) throw new AppError('INVALID_FORM', { fields: { role: 'invalid' } });
}
