import {
  isMessageKey,
  localized,
  translate,
  translateCount,
  type Language,
} from '../../views/language.ts';
import type { RoleGrant } from '../services/access.ts';
import type { UserPage } from '../services/users.ts';
import { presentPager, type Pager } from './pager.ts';

interface GrantOption {
  /** `role:scope:scope_id`, as forms carry it. */
  readonly value: string;
  readonly label: string;
}

export interface UsersModel {
  readonly search: string;
  /** Of this list, for acts that lead back to it. */
  readonly query: string;
  readonly total_text: string;
  readonly users: readonly {
    readonly id: string;
    readonly name: string;
    readonly email: string;
    readonly created_at: string;
    readonly roles: readonly GrantOption[];
  }[];
  /** Every role that there is to give. */
  readonly grants: readonly GrantOption[];
  readonly pages: Pager | null;
}

export function presentUsers(language: Language, data: UserPage, search: string): UsersModel {
  const option = (grant: RoleGrant): GrantOption => ({
    value: formatGrant(grant),
    label: roleText(language, grant, data.competitions),
  });
  const query = (page: number) =>
    `?${new URLSearchParams({ search, page: String(page) }).toString()}`;
  return {
    search,
    query: query(data.page),
    total_text: translateCount(language, 'users.total', data.total),
    users: data.users.map((user) => ({ ...user, roles: user.roles.map(option) })),
    grants: [
      { scope: 'site', scope_id: '', role: 'admin' },
      ...data.competitions.flatMap(({ id }) =>
        ['organizer', 'instructor'].map((role) => ({ scope: 'competition', scope_id: id, role })),
      ),
    ].map(option),
    pages: presentPager(data, (page) => `/admin/users${query(page)}`),
  };
}

function roleText(
  language: Language,
  { scope, scope_id, role }: RoleGrant,
  competitions: UserPage['competitions'],
): string {
  const key = `role.${role}`;
  const name = isMessageKey(key) ? translate(language, key) : role;
  if (scope === 'site') return name;
  const found = competitions.find(({ id }) => id === scope_id);
  if (found === undefined) return `${name}: ${scope_id}`;
  const title = localized(language, found.title);
  const isOne =
    competitions.filter((other) => localized(language, other.title) === title).length < 2;
  return `${name}: ${title}${isOne ? '' : ` (${found.slug})`}`;
}

function formatGrant({ role, scope, scope_id }: RoleGrant): string {
  return `${role}:${scope}:${scope_id}`;
}

/** @returns null when the text is none of ours. */
export function parseGrant(value: string): RoleGrant | null {
  const [role, scope, scope_id, ...rest] = value.split(':');
  if (role === undefined || scope === undefined || scope_id === undefined || rest.length > 0) {
    return null;
  }
  return { role, scope, scope_id };
}
