/** From a page model to an answer: the frame around every page. */
import type { Response } from 'express';

import {
  LANGUAGES,
  preferredLanguage,
  translate,
  type Language,
  type MessageKey,
} from '../../views/language.ts';
import type { Views } from '../../views/render.ts';
import { localUrl, pathWithQuery } from '../lib/local-url.ts';
import { isAdmin, organizesAny, type Viewer } from '../services/access.ts';
import type { AssetUrls } from './assets.ts';
import type { PageContext } from './context.ts';

export interface PageAnswer {
  /** Template, such as `pages/home`. */
  readonly name: string;
  readonly title: string;
  readonly model: object;
  /** The address of the page, with its query: what the switches of language and colours lead back to. */
  readonly path: string;
  readonly status?: number;
  /** The page has a form, also for people without a session. */
  readonly form?: boolean;
  /** Reload after so many seconds where scripts are off. */
  readonly refresh_s?: number | null;
}

export interface Pages {
  send(res: Response, answer: PageAnswer): void;
}

export function createPages(views: Views, assets: AssetUrls, now: () => Date): Pages {
  return {
    send(res, answer) {
      const { context } = res.locals as { context?: PageContext };
      // Errors may come before the context does.
      const language = context?.language ?? preferredLanguage(res.req.headers['accept-language']);
      const viewer = context?.viewer ?? null;
      const csrf = viewer !== null || answer.form ? (context?.csrfToken() ?? '') : '';
      const rendering = { language, now: now() };
      const body = views.render(answer.name, { ...answer.model, csrf }, rendering);
      const frame = {
        language,
        theme: context?.theme ?? null,
        title: answer.title,
        assets,
        alternates: LANGUAGES.map((item) => ({
          language: item,
          label: translate(item, `language.${item}`),
          href: withQuery(answer.path, 'lang', item),
          current: item === language,
        })),
        themes: (['auto', 'light', 'dark'] as const).map((theme) => ({
          label: translate(language, `theme.${theme}`),
          href: withQuery(answer.path, 'theme', theme),
          current: (context?.theme ?? 'auto') === theme,
        })),
        refresh_s: answer.refresh_s ?? null,
        nav: navigation(language, viewer, answer.path),
        user: viewer === null ? null : { name: viewer.name },
        csrf,
        safe_html: body,
      };
      const html = views.render('layouts/page', frame, rendering);
      // A page with a name or a token in it is nobody else's.
      res.set('Cache-Control', 'private, no-cache');
      res.set('Vary', 'Cookie, Accept-Language');
      res.set('Content-Language', language);
      res
        .status(answer.status ?? 200)
        .type('html')
        .send(html);
    },
  };
}

function navigation(
  language: Language,
  viewer: Viewer | null,
  path: string,
): { label: string; href: string; current: boolean }[] {
  const items: [MessageKey, string][] =
    viewer !== null
      ? [
          ['nav.competitions', '/'],
          ['nav.my_submissions', '/submissions'],
          ['nav.account', '/account'],
          ...(organizesAny(viewer)
            ? [['organize.title', '/organize'] as [MessageKey, string]]
            : []),
          ...(isAdmin(viewer) ? [['nav.admin', '/admin'] as [MessageKey, string]] : []),
        ]
      : [
          ['nav.competitions', '/'],
          ['nav.log_in', '/login'],
          ['nav.sign_up', '/signup'],
        ];
  const [here = ''] = path.split('?');
  return items.map(([key, href]) => ({
    label: translate(language, key),
    href,
    current: here === href,
  }));
}

/** The same address with one more query value. A path is kept to this site whatever it looks like. */
function withQuery(path: string, name: string, value: string): string {
  const url = localUrl(path);
  url.searchParams.set(name, value);
  return pathWithQuery(url);
}
