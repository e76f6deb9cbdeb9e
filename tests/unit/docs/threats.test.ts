import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const page = readFileSync(path.join(ROOT, 'docs/threats.md'), 'utf8');

/** Rows of the tables of threats, as the files that each names. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (?:threat|---|defence)/u.test(line))
  .map((line) => ({
    line,
    files: [...line.matchAll(/`((?:tests|sandbox|tasks|server)\/[^`]+)`/gu)].map(
      ([, file]) => file as string,
    ),
  }));

/** Hostile programs: what several share says no verdict. */
function programs(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder))
    .filter((name) => /\.(?:js|py|ts)$/u.test(name))
    .map((name) => `${folder}/${name}`)
    .filter((file) => /^(?:\/\/|#) expect: /mu.test(readFileSync(path.join(ROOT, file), 'utf8')));
}

/** Rows under a heading. */
function rowsOf(heading: string): number {
  const section = page.split(/^## /mu).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  return section.split('\n').filter((line) => /^\| (?!threat|---)/u.test(line)).length;
}

describe('the page of threats', () => {
  it.each([
    ['Archives and model files', 10],
    ['Predictions files', 4],
    ['Scores', 5],
    ['Web', 11],
  ])('has its rows under %s', (heading, least) => {
    expect(rowsOf(heading)).toBeGreaterThanOrEqual(least);
  });

  it('names every test of who may do what, and of what hostile people send', () => {
    const named = new Set(rows.flatMap(({ files }) => files));
    const tests = readdirSync(path.join(ROOT, 'tests/access'))
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `tests/access/${name}`);
    expect(tests.length).toBeGreaterThan(4);
    expect([...tests, 'tests/browser/xss.test.ts'].filter((file) => !named.has(file))).toEqual([]);
  });

  it('has a test for every threat, and each of them exists', () => {
    expect(rows.length).toBeGreaterThan(65);
    for (const { line, files } of rows) {
      expect(
        files.filter((file) => file.startsWith('tests/')),
        line,
      ).not.toEqual([]);
      expect(
        files.filter((file) => !existsSync(path.join(ROOT, file))),
        line,
      ).toEqual([]);
    }
  });

  it('speaks of programs that say which verdict they expect', () => {
    const named = new Set(rows.flatMap(({ files }) => files));
    const hostile = [
      'tests/sandbox/hostile/onnx',
      'tests/sandbox/hostile/tfjs',
      'tests/sandbox/hostile/javascript',
      'tests/isolation/hostile/python',
      'tests/isolation/hostile/cheats',
    ].flatMap(programs);
    const unmarked = [...named].filter(
      (file) => file.includes('/hostile/') && !hostile.includes(file),
    );
    expect(unmarked).toEqual([]);
    expect(hostile.length).toBeGreaterThan(120);
  });
});
