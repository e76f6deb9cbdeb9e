/** The pages before and after one of a list. */
export interface Pager {
  readonly page: number;
  readonly pages: number;
  readonly previous: string | null;
  readonly next: string | null;
}

/** @returns null where one page holds everything. */
export function presentPager(
  { page, pages }: Pick<Pager, 'page' | 'pages'>,
  href: (page: number) => string,
): Pager | null {
  if (pages === 1) return null;
  return {
    page,
    pages,
    previous: page > 1 ? href(page - 1) : null,
    next: page < pages ? href(page + 1) : null,
  };
}
