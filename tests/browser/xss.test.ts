/** Markup in every text that a user controls, opened in a real Chromium: it is read, and nothing of it runs. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createApp } from '../../server/app.ts';
import { newId } from '../../server/lib/ids.ts';
import { insertRoleGrant } from '../../server/models/role-grants.ts';
import { insertRunLog } from '../../server/models/run-logs.ts';
import { selectOptionalUserByEmail } from '../../server/models/users.ts';
import { startListening } from '../factories/listen.ts';
import { makeDeps } from '../factories/deps.ts';
import { makeCompetition } from '../factories/records.ts';
import { makeScored, wrongItems } from '../factories/scored.ts';
import { makeVisitor } from '../routes/visitor.ts';
import { DESKTOP, launchBrowser, openPage } from './browser.ts';

/** Each would set `window.pwned`, open a dialog, or leave an element that no page of ours has. */
const PAYLOADS = [
  '<script>window.pwned=1;alert(1)</script>',
  '"><img src=x onerror="window.pwned=1;alert(1)">',
  "'><svg/onload=window.pwned=1>",
  '</title></textarea></script><script>window.pwned=1</script>',
  '" autofocus onfocus=window.pwned=1 x="',
  '<iframe srcdoc="<script>parent.pwned=1</script>"></iframe>',
  '<form action=//e.example><button formaction=javascript:a()>',
];
const MARKDOWN = [
  '[x](javascript:window.pwned=1)',
  '![x](x" onerror="window.pwned=1)',
  '<a href="data:text/html,<script>alert(1)</script>">x</a>',
  '<details ontoggle=window.pwned=1 open>x</details>',
  '<https://evil.example/"onmouseover=alert(1)>',
  '```<script>\nwindow.pwned=1\n```',
];
const PASSWORD = 'a long enough password';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
});

/** What somebody managed to put into the page, as markup. */
async function injected(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`[
    ...(window.pwned === undefined ? [] : ['window.pwned']),
    ...[...document.querySelectorAll(
      'iframe, object, embed, base, img[src="x"], details[ontoggle], script:not([src]), [srcdoc], [formaction]',
    )].map((element) => element.outerHTML),
    ...[...document.querySelectorAll('*')].flatMap((element) =>
      [...element.attributes]
        .filter(({ name, value }) => name.startsWith('on') || /^\\s*(?:javascript|data):/i.test(value))
        .map(({ name, value }) => name + '=' + value),
    ),
    ...[...document.forms].filter(({ action }) => !action.startsWith(location.origin)).map(({ action }) => action),
  ]`);
}

describe('markup in the texts of users', () => {
  it('runs on no page, and leaves no element on any', async () => {
    const deps = await makeDeps({ REQUESTS_PER_MINUTE: '100000' });
    const app = createApp(deps);
    const { url } = await startListening(app);
    const { slug, competition_id, phase_id } = await makeCompetition(deps);

    for (const [index, payload] of PAYLOADS.entries()) {
      const email = `mallory${index}@certamen.example`;
      const visitor = makeVisitor(deps, app);
      await visitor.signUp(payload, email);
      const user = await selectOptionalUserByEmail(deps.db, email);
      const user_id = user?.id ?? '';
      const created_at = deps.clock.now().toISOString();
      for (const grant of [
        { scope: 'competition', scope_id: competition_id, role: 'organizer' },
        { scope: 'site', scope_id: '', role: 'admin' },
      ]) {
        await insertRoleGrant(deps.db, { ...grant, id: newId(), user_id, created_at });
      }
      const wrong = { top1_error: wrongItems(1000, 100 + index), top5_error: wrongItems(1000, 9) };
      const viewer = { id: user_id, email, name: payload, locale: 'en', roles: [] };
      const splits = { public: wrong, private: wrong };
      const scored = await makeScored(deps, { phase_id, user: viewer, splits });
      await insertRunLog(deps.db, {
        evaluation_id: scored.evaluation_id,
        log: `${payload}\n`.repeat(3),
        truncated: false,
        failure_params: {},
      });
      await visitor.post('/account', '/account/tokens', { name: payload, days: '0' });
      await visitor.post(`/competitions/${slug}/team`, `/competitions/${slug}/team`, {
        name: payload,
      });
      const page = `<html><body>${payload}</body></html>`;
      const sent = await visitor.upload(slug, [{ name: 'page.html', content: page }], {
        note: payload,
      });
      const id = /\/submissions\/([\w-]+)/u.exec(String(sent.headers['location']))?.[1] ?? '';
      expect(id).not.toBe('');
      await visitor.post(`/organize/${slug}/edit`, `/organize/${slug}/edit`, {
        title_en: payload,
        title_es: payload,
        summary_en: payload,
        summary_es: payload,
      });
      const body = [payload, ...MARKDOWN].join('\n\n');
      for (const [to, more] of [
        ['pages/overview', {}],
        ['pages/new', { slug: `page-${index}`, title_en: payload, title_es: payload }],
      ] as const) {
        const action = `/organize/${slug}/${to}`;
        const saved = await visitor.post(action, action, { ...more, body_en: body, body_es: body });
        expect([to, saved.status]).toEqual([to, 303]);
      }

      const { page: tab, problems } = await openPage(browser, { ...DESKTOP, locale: 'en-GB' });
      const dialogs: string[] = [];
      tab.on('dialog', (dialog) => {
        dialogs.push(dialog.message());
        void dialog.dismiss();
      });
      await tab.goto(`${url}/login`);
      await tab.fill('#email', email);
      await tab.fill('#password', PASSWORD);
      await tab.click('main button.button');
      await tab.waitForURL(`${url}/`);
      const asked = encodeURIComponent(payload);
      for (const path of [
        '/',
        '/account',
        '/admin',
        `/admin/users?search=${asked}`,
        '/submissions',
        `/submissions/${id}`,
        `/submissions/${id}/audit`,
        `/submissions/${scored.submission_id}`,
        `/competitions/${slug}`,
        `/competitions/${slug}/audit`,
        `/competitions/${slug}/compare`,
        `/competitions/${slug}/entries/${scored.entry_id}`,
        `/competitions/${slug}/leaderboard`,
        `/competitions/${slug}/leaderboard?split=${asked}`,
        `/competitions/${slug}/shake-up`,
        `/competitions/${slug}/submit`,
        `/competitions/${slug}/team`,
        `/organize/${slug}`,
        `/organize/${slug}/edit`,
        `/organize/${slug}/pages/page-${index}`,
        `/metrics?q=${asked}`,
        `/${asked}`,
      ]) {
        const answer = await tab.goto(`${url}${path}`);
        expect([path, (answer?.status() ?? 500) < 500]).toEqual([path, true]);
        expect([path, answer?.headers()['content-security-policy']]).toEqual([
          path,
          expect.stringContaining("default-src 'none';script-src 'self'"),
        ]);
        expect([path, await injected(tab)]).toEqual([path, []]);
      }
      // A file that somebody sent is never a page of the site.
      const [download] = await Promise.all([
        tab.waitForEvent('download'),
        tab.goto(`${url}/submissions/${id}/files/0`).catch(() => null),
      ]);
      expect(download.suggestedFilename()).toBe('page.html');
      expect(dialogs).toEqual([]);
      // Chromium complains of what the policy held back, which is nothing: nothing was tried.
      const refused = problems.filter((text) => /content security policy|refused to/iu.test(text));
      expect(refused).toEqual([]);
      await tab.context().close();
    }
  });
});
