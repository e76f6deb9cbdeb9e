/** Every page that there is, as somebody who may see all of them, in a real Chromium: sound, and no wider than its window. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { createApp } from '../../server/app.ts';
import { createResetLink } from '../../server/services/accounts.ts';
import { inviteToTeam } from '../../server/services/teams.ts';
import { makeDeps } from '../factories/deps.ts';
import { makeCompetition, makeSubmission, makeUser } from '../factories/records.ts';
import { makeScored, wrongItems } from '../factories/scored.ts';
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
  const server = createServer(createApp(deps));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { slug, competition_id, phase_id } = await makeCompetition(deps);
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
  const waiting = await makeSubmission(deps, { phase_id, user: grace });
  const invitation = await inviteToTeam(deps, { slug, viewer: await makeUser(deps) });
  const reset = await createResetLink(deps, { email: EMAIL, actor_id: null });
  const competition = `/competitions/${slug}`;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forEverybody: ['/login', '/signup', '/forgot', new URL(reset.url).pathname],
    pages: {
      home: '/',
      about: '/about',
      metrics: '/metrics',
      metric: '/metrics/wer',
      account: '/account',
      password: '/account/password',
      admin: '/admin',
      drain: '/admin/queue/drain',
      users: '/admin/users',
      submissions: '/submissions',
      result: `/submissions/${own.submission_id}`,
      waiting: `/submissions/${waiting.submission_id}`,
      cancel: `/submissions/${waiting.submission_id}/cancel`,
      'audit-one': `/submissions/${own.submission_id}/audit`,
      competition,
      board: `${competition}/leaderboard`,
      'board-sorted': `${competition}/leaderboard?sort=top5_error`,
      compare: `${competition}/compare`,
      entry: `${competition}/entries/${own.entry_id}`,
      submit: `${competition}/submit`,
      team: `${competition}/team`,
      join: new URL(invitation.url).pathname,
      audit: `${competition}/audit`,
      disqualify: `/entries/${other.entry_id}/disqualify`,
      organize: '/organize',
      'organize-one': `/organize/${slug}`,
      'organize-edit': `/organize/${slug}/edit`,
      'not-found': '/nowhere',
    },
  };
}

describe('every page', () => {
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
        await expectSoundPage(page);
        await screenshot(page, `${label}-${name.includes('phone') ? 'phone' : 'desktop'}`);
      }
      expect(problems.filter((problem) => !problem.includes('404'))).toEqual([]);
    },
    120_000,
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
