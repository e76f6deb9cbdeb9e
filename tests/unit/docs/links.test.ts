import { existsSync } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../../..');
const pages = await Array.fromAsync(
  glob(['*.md', 'docs/**/*.md', 'clients/**/*.md'], {
    cwd: root,
    exclude: (name) => name.includes('node_modules'),
  }),
);

const LINK = /\]\(([^()\s]+)\)/gu;
const HEADING = /^#+ +(?<text>.+)$/gmu;

/** Where a heading is found: lower case, spaces as dashes, no punctuation. */
function anchors(markdown: string): string[] {
  return [...markdown.matchAll(HEADING)].map(({ groups }) =>
    (groups?.['text'] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Links inside the checkout: what leads to another site is left alone. */
async function linksOf(page: string): Promise<{ file: string; anchor: string }[]> {
  const markdown = (await readFile(path.join(root, page), 'utf8')).replaceAll(
    /^```[\s\S]*?^```/gmu,
    '',
  );
  return [...markdown.matchAll(LINK)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/u.test(target))
    .map((target) => {
      const [file = '', anchor = ''] = target.split('#');
      return {
        file: path.join(path.dirname(page), file === '' ? path.basename(page) : file),
        anchor,
      };
    });
}

describe('the documentation', () => {
  it('is found', () => {
    expect(pages).toContain('README.md');
    expect(pages).toContain('CONTRIBUTING.md');
    expect(pages).toContain('docs/README.md');
  });

  it.each(pages)('links from %s to files and headings that exist', async (page) => {
    const broken: string[] = [];
    for (const { file, anchor } of await linksOf(page)) {
      const target = path.join(root, file);
      if (!existsSync(target)) broken.push(file);
      else if (anchor !== '' && !anchors(await readFile(target, 'utf8')).includes(anchor)) {
        broken.push(`${file}#${anchor}`);
      }
    }
    expect(broken).toEqual([]);
  });

  it('is reached from its start page', async () => {
    const linked = (await linksOf('docs/README.md')).map(({ file }) => file);
    const others = pages.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md');
    expect(others.filter((page) => !linked.includes(page))).toEqual([]);
  });
});
