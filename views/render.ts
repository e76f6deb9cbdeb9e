/** The template engine: every template is read and compiled once, at start. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import Handlebars from 'handlebars';

import { calendarDate, exactTime, relativeTime } from './helpers.ts';
import {
  isLanguage,
  isMessageKey,
  translate,
  translateCount,
  type Language,
  type MessageKey,
  type MessageParams,
  type PluralKey,
} from './language.ts';

const FOLDER = import.meta.dirname;

const COMPILE: CompileOptions = {
  // A field that the presenter forgot throws instead of leaving a hole.
  strict: true,
  knownHelpers: {
    t: true,
    plural: true,
    linkText: true,
    codeText: true,
    timeAgo: true,
    timeExact: true,
    timeDay: true,
  },
  knownHelpersOnly: true,
};

export interface RenderContext {
  readonly language: Language;
  readonly now: Date;
}

export interface Views {
  /** @param name path below views/ without ending, such as `pages/home`. @throws Error when there is no such template. */
  render(name: string, model: object, context: RenderContext): string;
  readonly names: readonly string[];
}

export function createViews(): Views {
  const handlebars = Handlebars.create();
  registerHelpers(handlebars);
  for (const name of templateNames('partials')) {
    const partial = handlebars.compile(source(name), COMPILE);
    handlebars.registerPartial(name.slice('partials/'.length), partial);
  }
  const names = [...templateNames('layouts'), ...templateNames('pages')];
  const templates = new Map(
    names.map((name) => [name, handlebars.compile(source(name), COMPILE)] as const),
  );
  return {
    names,
    render(name, model, { language, now }) {
      const template = templates.get(name);
      if (template === undefined) throw new Error(`there is no template ${name}`);
      return template(model, { data: { language, now } });
    },
  };
}

/** Names such as `pages/competitions/show`, sorted. */
export function templateNames(folder: 'layouts' | 'partials' | 'pages'): string[] {
  return readdirSync(join(FOLDER, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.hbs'))
    .map((file) => `${folder}/${file.slice(0, -'.hbs'.length)}`)
    .sort();
}

function source(name: string): string {
  return readFileSync(join(FOLDER, `${name}.hbs`), 'utf8');
}

function registerHelpers(handlebars: typeof Handlebars): void {
  const escape = (text: string) => handlebars.escapeExpression(text);

  /** Helpers have names that no field has: a helper always wins over a field. {{t "key" name=value}} */
  handlebars.registerHelper('t', (key: unknown, options: Handlebars.HelperOptions) =>
    translate(languageOf(options), messageKey(key), options.hash as MessageParams),
  );
  /** {{plural "stem" count name=value}} */
  handlebars.registerHelper(
    'plural',
    (stem: unknown, count: unknown, options: Handlebars.HelperOptions) => {
      if (typeof count !== 'number')
        throw new Error(`the count of ${String(stem)} is not a number`);
      messageKey(`${String(stem)}.other`);
      return translateCount(
        languageOf(options),
        stem as PluralKey,
        count,
        options.hash as MessageParams,
      );
    },
  );
  /** {{linkText "key" href}}: the part of the sentence in [[ ]] becomes the link. */
  handlebars.registerHelper(
    'linkText',
    (key: unknown, href: unknown, options: Handlebars.HelperOptions) => {
      const text = translate(languageOf(options), messageKey(key), options.hash as MessageParams);
      const [before = '', inside = '', after = ''] = text.split(/\[\[|\]\]/);
      return new handlebars.SafeString(
        `${escape(before)}<a href="${escape(String(href))}">${escape(inside)}</a>${escape(after)}`,
      );
    },
  );
  /** {{codeText text}}: what stands between backticks is code. */
  handlebars.registerHelper(
    'codeText',
    (text: unknown) =>
      new handlebars.SafeString(
        String(text)
          .split('`')
          .map((part, index) => (index % 2 === 0 ? escape(part) : `<code>${escape(part)}</code>`))
          .join(''),
      ),
  );
  /** {{timeAgo iso}}: relative, with the exact time behind it. */
  handlebars.registerHelper('timeAgo', (iso: unknown, options: Handlebars.HelperOptions) => {
    const { now } = options.data as RenderContext;
    const exact = exactTime(languageOf(options), String(iso));
    const relative = relativeTime(languageOf(options), String(iso), now);
    return new handlebars.SafeString(
      `<time datetime="${escape(String(iso))}" title="${escape(exact)}">${escape(relative)}</time>`,
    );
  });
  /** {{timeExact iso}}: exact; a page that is kept for later readers must not say "now". */
  handlebars.registerHelper('timeExact', (iso: unknown, options: Handlebars.HelperOptions) => {
    const exact = exactTime(languageOf(options), String(iso));
    return new handlebars.SafeString(
      `<time datetime="${escape(String(iso))}">${escape(exact)}</time>`,
    );
  });
  /** {{timeDay iso}}: the date, with the exact time behind it. */
  handlebars.registerHelper('timeDay', (iso: unknown, options: Handlebars.HelperOptions) => {
    const exact = exactTime(languageOf(options), String(iso));
    const day = calendarDate(languageOf(options), String(iso));
    return new handlebars.SafeString(
      `<time datetime="${escape(String(iso))}" title="${escape(exact)}">${escape(day)}</time>`,
    );
  });
}

function languageOf(options: Handlebars.HelperOptions): Language {
  const { language } = options.data as { language: unknown };
  if (!isLanguage(language)) throw new Error('a template was rendered without a language');
  return language;
}

function messageKey(key: unknown): MessageKey {
  if (typeof key !== 'string' || !isMessageKey(key)) {
    throw new Error(`the catalogue has no ${String(key)}`);
  }
  return key;
}
