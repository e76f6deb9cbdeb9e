import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { KIND_NAMES } from '../../../tasks/registry.ts';
import { KNOWN_KEYS } from '../../../tasks/task-schema.ts';

const page = readFileSync(
  path.resolve(import.meta.dirname, '../../../docs/reference/task-yaml.md'),
  'utf8',
);

describe('docs/reference/task-yaml.md', () => {
  it.each([...new Set(KNOWN_KEYS)])('describes the key %s', (key) => {
    expect(page).toMatch(new RegExp(`\\b${key}\\b`));
  });

  it('names every kind in the row of `kind`', () => {
    const row = page.split('\n').find((line) => line.startsWith('| `kind`')) ?? '';
    for (const name of KIND_NAMES) expect(row).toContain(`\`${name}\``);
  });
});
