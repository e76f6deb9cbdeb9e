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

describe('the page of threats', () => {
  it('has a test for every threat, and each of them exists', () => {
    expect(rows.length).toBeGreaterThan(45);
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
