/** The rows of the table as requests. */
import { NOTHING, type Site, type State } from './site.ts';
import { TABLE, type Row } from './table.ts';

/** The slug of no competition. */
export const NOWHERE = 'gone';

export interface Case {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly row: Row;
  /** What of the state can matter to it. */
  readonly about: 'site' | 'competition' | 'submission';
  readonly isApi: boolean;
}

export const CASES: readonly Case[] = Object.entries(TABLE).map(([name, row]) => {
  const [method = '', path = ''] = name.split(' ');
  const about = path.includes('/submissions/:id')
    ? 'submission'
    : /:slug|^\/entries|^\/join/u.test(path)
      ? 'competition'
      : 'site';
  return { name, method, path, row, about, isApi: path.startsWith('/api/') };
});

/** The path of a case with its parameters. @param values by parameter; the row's own come first. */
export function fillPath(
  { path, row }: Case,
  values: Readonly<Record<string, string | undefined>>,
): string {
  const filled = path.replace(/\/:(\w+)|\/(\*\w+)/gu, (_, name?: string, star?: string) => {
    const value = values[name ?? star ?? ''];
    if (value === undefined) throw new Error(`${path}: what stands for ${name ?? star ?? ''}?`);
    return `/${value}`;
  });
  return row.query === undefined ? filled : `${filled}?${row.query}`;
}

export function thing(site: Site, name: string): string {
  return name.startsWith('$') ? site.things[name.slice(1) as keyof Site['things']] : name;
}

/** With the things of the site. */
export function sitePath(item: Case, site: Site, state: State): string {
  return fillPath(item, valuesOf(item, site, state));
}

/** With what does not exist in the place of what the path is about. */
export function absentPath(item: Case, site: Site, state: State): string {
  const { path } = item;
  const gone = path.includes(':slug') ? 'slug' : path.includes(':id') ? 'id' : 'token';
  return fillPath(item, {
    ...valuesOf(item, site, state),
    [gone]: gone === 'slug' ? NOWHERE : NOTHING,
  });
}

function valuesOf({ path, row }: Case, site: Site, state: State): Record<string, string> {
  return {
    slug: site.slug,
    ...(path.includes('/submissions/:id') ? { id: site.submissions[state.submission] } : {}),
    ...Object.fromEntries(
      Object.entries(row.fill ?? {}).map(([key, of]) => [key, thing(site, of)]),
    ),
  };
}
