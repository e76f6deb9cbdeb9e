import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { KNOWN_KEYS } from '../../../tasks/task-schema.ts';

const page = readFileSync(
  path.resolve(import.meta.dirname, '../../../docs/reference/task-yaml.md'),
  'utf8',
);

describe('docs/reference/task-yaml.md', () => {
  it.each([...new Set(KNOWN_KEYS)])('describes the key %s', (key) => {
    expect(page).toMatch(new RegExp(`\\b${key}\\b`));
  });
});
