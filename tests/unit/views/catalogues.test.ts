import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { FAILURE_REASONS, type FailureReason } from '../../../sandbox/failure.ts';
import { ERROR_CATALOGUE, FIELD_PROBLEMS } from '../../../server/errors.ts';
import { isMessageKey, type MessageKey } from '../../../views/language.ts';
import { en } from '../../../views/locales/en.ts';
import { es } from '../../../views/locales/es.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const KEYS = Object.keys(en) as MessageKey[];
const catalogues = [
  ['en', en],
  ['es', es],
] as const;

function read(pattern: string): { file: string; text: string }[] {
  return globSync(pattern, { cwd: ROOT })
    .filter((file) => !file.includes('locales'))
    .map((file) => ({ file, text: readFileSync(path.join(ROOT, file), 'utf8') }));
}

function placeholders(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/gu)].map(([, name]) => name ?? '').sort();
}

describe.each(catalogues)('the catalogue %s', (language, catalogue) => {
  it('has a sentence and a next step for every failure', () => {
    for (const reason of Object.keys(FAILURE_REASONS) as FailureReason[]) {
      expect(catalogue[`failure.${reason}.text`]).toMatch(/\S/u);
      expect(catalogue[`failure.${reason}.next`]).toMatch(/\S/u);
    }
  });

  it('has a sentence and a next step for every error, and a sentence for every field', () => {
    for (const code of Object.keys(ERROR_CATALOGUE)) {
      expect(isMessageKey(`error.${code}.text`) && isMessageKey(`error.${code}.next`)).toBe(true);
    }
    for (const problem of FIELD_PROBLEMS) expect(catalogue[`field.${problem}`]).toMatch(/\S/u);
  });

  it('says nothing twice, nothing empty and nothing loud', () => {
    for (const key of KEYS) {
      expect([key, catalogue[key].trim()]).toEqual([key, catalogue[key]]);
      expect([key, /!|¡|  |please|por favor/iu.exec(catalogue[key])?.[0]]).toEqual([
        key,
        undefined,
      ]);
      expect([key, catalogue[key]]).not.toEqual([key, '']);
    }
  });

  it('never lets a number part from its percent sign', () => {
    for (const key of KEYS) expect([key, / %/u.test(catalogue[key])]).toEqual([key, false]);
  });

  it(`is written in ${language}`, () => {
    const own = language === 'en' ? /\bthe\b/u : /\b(el|la|los|las)\b/u;
    const other = language === 'en' ? /\b(el|los|las)\b/u : /\bthe\b/u;
    const sentences = KEYS.map((key) => catalogue[key]).filter(
      (text) => text.split(' ').length > 6,
    );
    expect(sentences.filter((text) => own.test(text)).length).toBeGreaterThan(sentences.length / 2);
    // Titles of cited works stay in their language.
    const cited = /Probable inference|ImageNet Large Scale/u;
    expect(sentences.filter((text) => other.test(text) && !cited.test(text))).toEqual([]);
  });
});

describe('the two catalogues', () => {
  it('use the same parameters in the same sentence', () => {
    for (const key of KEYS) {
      expect([key, placeholders(es[key])]).toEqual([key, placeholders(en[key])]);
      expect([key, es[key].includes('[[')]).toEqual([key, en[key].includes('[[')]);
    }
  });

  it('use only parameters that the reason of a failure has', () => {
    const source = readFileSync(path.join(ROOT, 'sandbox/failure.ts'), 'utf8');
    for (const reason of Object.keys(FAILURE_REASONS)) {
      const line = source
        .split('\n')
        .find((text) => text.trim().replace(/^'/u, '').startsWith(reason) && text.includes('//'));
      const documented: readonly string[] = line?.split('//')[1]?.match(/\w+/gu) ?? [];
      const used = placeholders(
        `${en[`failure.${reason}.text` as MessageKey]} ${en[`failure.${reason}.next` as MessageKey]}`,
      );
      expect([reason, used.filter((name) => !documented.includes(name))]).toEqual([reason, []]);
    }
  });

  it('hold no sentence that no page uses', () => {
    const sources = [...read('views/**/*.hbs'), ...read('views/*.ts'), ...read('server/**/*.ts')];
    const text = sources.map((source) => source.text).join('\n');
    // `submission.event.${event}` uses every key that begins so.
    const patterns = [...text.matchAll(/`((?:[\w.-]|\$\{[^}`]+\})+)`/gu)]
      .map(([, template = '']) => template)
      .filter((template) => template.includes('${') && /\.(\w|\$)/u.test(template))
      .map((template) => new RegExp(`^${template.replace(/\$\{[^}]+\}/gu, '[\\w-]+')}$`, 'u'));
    const isUsed = (key: string) => {
      const stem = key.replace(/\.(one|other)$/u, '');
      return (
        [key, stem].some((name) => text.includes(`'${name}'`) || text.includes(`"${name}"`)) ||
        [key, stem].some((name) => patterns.some((pattern) => pattern.test(name)))
      );
    };
    expect(KEYS.filter((key) => !isUsed(key))).toEqual([]);
  });
});

describe('the templates', () => {
  const templates = read('views/**/*.hbs');

  it('name only sentences that the catalogues have', () => {
    const used = templates.flatMap(({ file, text }) =>
      [...text.matchAll(/\{\{(?:t|linkText) "([^"]+)"/gu)].map(
        ([, key]) => [file, key ?? ''] as const,
      ),
    );
    expect(used.length).toBeGreaterThan(100);
    expect(used.filter(([, key]) => !isMessageKey(key))).toEqual([]);
    const counted = templates.flatMap(({ file, text }) =>
      [...text.matchAll(/\{\{plural "([^"]+)"/gu)].map(
        ([, key]) => [file, `${key ?? ''}.other`] as const,
      ),
    );
    expect(counted.filter(([, key]) => !isMessageKey(key))).toEqual([]);
  });

  it('give every sentence the parameters that it has', () => {
    for (const { file, text } of templates) {
      for (const [call, key = ''] of text.matchAll(
        /\{\{(?:t|linkText) "([^"]+)"[^}]*\}?[^}]*\}\}/gu,
      )) {
        if (!isMessageKey(key)) continue;
        const given = [...call.matchAll(/(\w+)=/gu)].map(([, name]) => name);
        const missing = placeholders(en[key]).filter((name) => !given.includes(name));
        expect([file, key, missing]).toEqual([file, key, []]);
      }
    }
  });

  it('print raw only what a sanitizer or the page renderer made', () => {
    for (const { file, text } of templates) {
      const raw = [...text.matchAll(/\{\{\{([^}]*)\}\}\}|\{\{&([^}]*)\}\}/gu)].map(
        ([, triple, ampersand]) => (triple ?? ampersand ?? '').trim(),
      );
      expect([file, raw.filter((name) => !/^(\w+\.)*safe_html$/u.test(name))]).toEqual([file, []]);
    }
  });

  it('hold no sentence of their own', () => {
    for (const { file, text } of templates) {
      const bare = text
        .replace(/\{\{\{?[\s\S]*?\}\}\}?/gu, ' ')
        .replace(/<!doctype html>/gu, '')
        .replace(/<[^>]*>/gu, ' ')
        .replace(/(UTC|&\w+;)/gu, ' ');
      expect([file, bare.match(/\p{L}{2,}/gu)]).toEqual([file, null]);
    }
  });

  it('have no style and no script inside', () => {
    for (const { file, text } of templates) {
      expect([file, /<style|style="|<script(?! src=)|\son[a-z]+="/u.exec(text)?.[0]]).toEqual([
        file,
        undefined,
      ]);
    }
  });
});
