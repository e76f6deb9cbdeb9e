import { numberFormat } from './formatters.ts';
import { en } from './locales/en.ts';
import { es } from './locales/es.ts';

/** The languages of the site, in the order in which they are offered. */
export const LANGUAGES = ['en', 'es'] as const;
export type Language = (typeof LANGUAGES)[number];

export type MessageKey = keyof typeof en;
export type MessageParams = Readonly<Record<string, string | number>>;

/** `plural` keys come in pairs, `<key>.one` and `<key>.other`; this is what stands before the dot. */
export type PluralKey = {
  [Key in MessageKey]: Key extends `${infer Stem}.other` ? Stem : never;
}[MessageKey];

const CATALOGUES: Readonly<Record<Language, Readonly<Record<MessageKey, string>>>> = { en, es };

const PLURAL_RULES = {
  en: new Intl.PluralRules('en'),
  es: new Intl.PluralRules('es'),
} as const satisfies Record<Language, Intl.PluralRules>;

export function isLanguage(value: unknown): value is Language {
  return value === 'en' || value === 'es';
}

/** Whether the sentence has a place for this parameter. */
export function takesParam(key: MessageKey, name: string): boolean {
  return en[key].includes(`{${name}}`);
}

export function isMessageKey(value: string): value is MessageKey {
  return Object.hasOwn(en, value);
}

/**
 * A sentence of the catalogue with its `{name}` parameters filled in. Numbers are written as the language
 * writes them. A parameter that is not given shows as `…`: a sentence about a failure must never fail itself.
 */
export function translate(language: Language, key: MessageKey, params: MessageParams = {}): string {
  return CATALOGUES[language][key].replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = Object.hasOwn(params, name) ? params[name] : undefined;
    if (value === undefined) return '…';
    return typeof value === 'number' ? formatNumber(language, value) : value;
  });
}

/** `translate` with the form that the number asks for; `{count}` is the number. */
export function translateCount(
  language: Language,
  key: PluralKey,
  count: number,
  params: MessageParams = {},
): string {
  const form = PLURAL_RULES[language].select(count) === 'one' ? 'one' : 'other';
  return translate(language, `${key}.${form}` as MessageKey, { ...params, count });
}

/** `10,000` in English; `10 000` in Spanish, where four digits stay together. Up to 6 decimals. */
export function formatNumber(language: Language, value: number): string {
  return numberFormat(language, 0, 6).format(value);
}

/** The text of a task or competition in the language of the page. */
export function localized(language: Language, text: Readonly<Record<Language, string>>): string {
  return text[language];
}

/**
 * The first of the site's languages that an Accept-Language header prefers; English when it names none.
 * Quality values decide, then the order of the header.
 */
export function preferredLanguage(header: string | undefined): Language {
  const ranges = (header ?? '').split(',').map((part, index) => {
    const [tag = '', ...params] = part.trim().toLowerCase().split(';');
    const quality = params
      .map((p) => /^\s*q=([\d.]+)\s*$/.exec(p)?.[1])
      .find((q) => q !== undefined);
    return {
      language: tag.split('-')[0],
      quality: quality === undefined ? 1 : Number(quality),
      index,
    };
  });
  ranges.sort((a, b) => b.quality - a.quality || a.index - b.index);
  const best = ranges.find(({ language, quality }) => isLanguage(language) && quality > 0);
  return isLanguage(best?.language) ? best.language : 'en';
}
