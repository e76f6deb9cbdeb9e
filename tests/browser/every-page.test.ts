/** Every page that there is, as somebody who may see all of them, in a real Chromium: sound, and no wider than its window. */

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createApp } from '../../server/app.ts';
import { hashSecret, newSecret } from '../../server/lib/secrets.ts';
import { insertSettingOnce } from '../../server/models/settings.ts';
import { createResetLink } from '../../server/services/accounts.ts';
import { saveCompetitionPage } from '../../server/services/competition-pages.ts';
import { inviteToTeam } from '../../server/services/teams.ts';
import { listRoutes } from '../access/routes.ts';
import { startListening } from '../factories/listen.ts';
import { makeDeps } from '../factories/deps.ts';
import { makeCompetition, makeSubmission, makeUser } from '../factories/records.ts';
import { makeScored, wrongItems } from '../factories/scored.ts';
import { runQueue } from '../stories/run-queue.ts';
import { DESKTOP, PHONE, expectSoundPage, launchBrowser, openPage, screenshot } from './browser.ts';

const EMAIL = 'grace@certamen.example';
const PASSWORD = 'a long enough password';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
});

/** A site with a bit of everything, its pages, and who may see all of them. */
async function makeSite() {
  const deps = await makeDeps({ REQUESTS_PER_MINUTE: '100000' });
  const app = createApp(deps);
  const { url } = await startListening(app);
  const { slug, competition_id, phase_id } = await makeCompetition(deps);
  const ended = { ends_at: deps.clock.now().toISOString(), reveal_rule: 'by-organizer' } as const;
  const draft = await makeCompetition(deps, { state: 'draft', phase: ended });
  const grace = await makeUser(deps, {
    name: 'Grace Hopper',
    email: EMAIL,
    roles: [
      { scope: 'site', scope_id: '', role: 'admin' },
      { scope: 'competition', scope_id: competition_id, role: 'organizer' },
    ],
  });
  const scored = [];
  for (const [index, user] of [grace, await makeUser(deps), await makeUser(deps)].entries()) {
    const wrong = {
      top1_error: wrongItems(1000, 40 + 90 * index),
      top5_error: wrongItems(1000, 4 + index),
    };
    scored.push(
      await makeScored(deps, { phase_id, user, splits: { public: wrong, private: wrong } }),
    );
  }
  const [own, other] = scored;
  if (own === undefined || other === undefined) throw new Error('nobody has a score');
  const failed = await makeSubmission(deps, { phase_id, user: grace });
  await runQueue(deps);
  const waiting = await makeSubmission(deps, { phase_id, user: grace });
  const invitation = await inviteToTeam(deps, { slug, viewer: await makeUser(deps) });
  const setup = newSecret();
  await insertSettingOnce(deps.db, 'setup_token_hash', hashSecret(setup));
  await saveCompetitionPage(deps, {
    slug,
    page: null,
    viewer: grace,
    form: { slug: 'rules', title_en: 'Rules', title_es: 'Reglas', body_en: '', body_es: '' },
  });
  const reset = await createResetLink(deps, { email: EMAIL, actor_id: null });
  const competition = `/competitions/${slug}`;
  return {
    url,
    routes: listRoutes(app),
    forEverybody: ['/login', '/signup', '/forgot', `/setup/${setup}`, new URL(reset.url).pathname],
    pages: {
      home: '/',
      about: '/about',
      metrics: '/metrics',
      metric: '/metrics/wer',
      account: '/account',
      password: '/account/password',
      admin: '/admin',
      drain: '/admin/queue/drain',
      resume: '/admin/queue/resume',
      users: '/admin/users',
      submissions: '/submissions',
      result: `/submissions/${own.submission_id}`,
      failed: `/submissions/${failed.submission_id}`,
      retry: `/submissions/${failed.submission_id}/retry`,
      waiting: `/submissions/${waiting.submission_id}`,
      cancel: `/submissions/${waiting.submission_id}/cancel`,
      'audit-one': `/submissions/${own.submission_id}/audit`,
      competition,
      board: `${competition}/leaderboard`,
      'board-sorted': `${competition}/leaderboard?sort=top5_error`,
      compare: `${competition}/compare`,
      'shake-up': `${competition}/shake-up`,
      entry: `${competition}/entries/${own.entry_id}`,
      submit: `${competition}/submit`,
      team: `${competition}/team`,
      join: new URL(invitation.url).pathname,
      audit: `${competition}/audit`,
      disqualify: `/entries/${other.entry_id}/disqualify`,
      organize: '/organize',
      'organize-one': `/organize/${slug}`,
      'organize-new': '/organize/new',
      'organize-edit': `/organize/${slug}/edit`,
      publish: `/organize/${draft.slug}/publish`,
      withdraw: `/organize/${slug}/withdraw`,
      'page-new': `/organize/${slug}/pages/new`,
      page: `/organize/${slug}/pages/rules`,
      'page-remove': `/organize/${slug}/pages/rules/remove`,
      'phase-new': `/organize/${slug}/phases/new`,
      phase: `/organize/${slug}/phases/open/edit`,
      'phase-close': `/organize/${slug}/phases/open/close`,
      'phase-reveal': `/organize/${draft.slug}/phases/open/reveal`,
      'not-found': '/nowhere',
    },
  };
}

/** Routes that answer with something else: data, files, streams, a way elsewhere. */
const NO_PAGE =
  /^\/(?:api|assets|healthz|\.well-known)(?:\/|$)|\.(?:csv|png)$|\/(?:events|receipt)$|\/(?:data|files|starter)\/|^\/account\/tokens$/u;

describe('every page', () => {
  it('is among those that are looked at', async () => {
    const { routes, forEverybody, pages } = await makeSite();
    const looked = [...forEverybody, ...Object.values(pages)].map(
      (path) => path.split('?')[0] ?? '',
    );
    const missing = routes
      .filter((route) => route.startsWith('GET '))
      .map((route) => route.slice('GET '.length))
      .filter((route) => !NO_PAGE.test(route))
      .filter((route) => {
        const pattern = new RegExp(`^${route.replaceAll(/:\w+/gu, '[^/]+')}$`, 'u');
        return !looked.some((path) => pattern.test(path));
      });
    expect(missing, 'a page that is new has its place in makeSite').toEqual([]);
  });

  it.each([
    ['in English on a desktop, light', { ...DESKTOP, locale: 'en-GB' }],
    ['in Spanish on a phone, dark', { ...PHONE, locale: 'es-ES', colorScheme: 'dark' as const }],
  ])(
    'has no serious violation and fits its window: %s',
    async (name, options) => {
      const { url, forEverybody, pages } = await makeSite();
      const { page, problems } = await openPage(browser, options);
      await page.goto(`${url}/?lang=${options.locale.slice(0, 2)}`);
      for (const path of forEverybody) {
        expect([path, (await page.goto(url + path))?.status()]).toEqual([path, 200]);
        await expectSoundPage(page);
      }
      await page.goto(`${url}/login`);
      await page.fill('#email', EMAIL);
      await page.fill('#password', PASSWORD);
      await page.click('main button.button');
      await page.waitForURL(`${url}/`);
      for (const [label, path] of Object.entries(pages)) {
        const status = (await page.goto(url + path))?.status();
        expect([path, status]).toEqual([path, label === 'not-found' ? 404 : 200]);
        // Where there is nothing to confirm, its page leads on to another.
        expect(page.url()).toBe(url + path);
        await expectSoundPage(page);
        await screenshot(page, `${label}-${name.includes('phone') ? 'phone' : 'desktop'}`);
        if (label === 'drain') {
          await page.click('main button.button');
          await page.waitForURL(`${url}/admin`);
        }
      }
      expect(problems.filter((problem) => !problem.includes('404'))).toEqual([]);
    },
    240_000,
  );
});

describe('high contrast', () => {
  it.each(['light', 'dark'] as const)(
    'draws rules in the colour of the text: %s',
    async (scheme) => {
      const { url } = await makeSite();
      const { page } = await openPage(browser, {
        ...DESKTOP,
        colorScheme: scheme,
        contrast: 'more',
      });
      for (const theme of ['auto', 'light', 'dark']) {
        await page.goto(`${url}/about?theme=${theme}`);
        const [rule, text] = await page.evaluate<[string, string]>(
          "[getComputedStyle(document.querySelector('.top')).borderBottomColor, getComputedStyle(document.body).color]",
        );
        expect(rule, theme).toBe(text);
      }
    },
  );
});
