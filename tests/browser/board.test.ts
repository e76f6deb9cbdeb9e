/** The board while it is read: orders, charts, the page of an entry, and changes that nobody reloads for. */
import path from 'node:path';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { DESKTOP, PHONE, expectSoundPage, launchBrowser, openPage, screenshot } from './browser.ts';
import { startServer, type RunningServer } from './server.ts';

const MODEL = path.resolve(import.meta.dirname, '../../tasks/digits/baselines/logreg.onnx');

let server: RunningServer;
let browser: Browser;
beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), launchBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

async function signUpAndSubmit(page: Page, name: string): Promise<void> {
  await page.goto(`${server.url}/signup`);
  await page.fill('#name', name);
  await page.fill('#email', `${name.toLowerCase()}@certamen.example`);
  await page.fill('#password', 'correct horse battery staple');
  await page.click('main button.button');
  await page.waitForURL(`${server.url}/`);
  await page.goto(`${server.url}/competitions/digits/submit`);
  await page.setInputFiles('#files', MODEL);
  await page.click('.submit-form button.button');
  await page.waitForURL(/\/submissions\/[^/]+$/u);
}

describe.each([
  { width: 'desktop', theme: 'light', options: { ...DESKTOP, locale: 'en-GB' }, name: 'Bea' },
  { width: 'phone', theme: 'dark', options: { ...PHONE, locale: 'es-ES' }, name: 'Juana' },
] as const)('the board on $width, $theme', ({ width, theme, options, name }) => {
  it('shows a new entry to whoever reads it, and leads to its page', async () => {
    const board = `${server.url}/competitions/digits/leaderboard`;
    const shot = (step: string) => screenshot(page, `board-${width}-${theme}-${step}`);
    const { page, problems } = await openPage(browser, { ...options, colorScheme: theme });
    await page.goto(board);
    expect(await page.textContent('main')).not.toContain(name);

    const other = await openPage(browser, DESKTOP);
    await signUpAndSubmit(other.page, name);
    await other.page.waitForSelector('[data-status="succeeded"]', { timeout: 60_000 });
    // Nobody reloads: the page hears of the change.
    const row = page.locator('.board .entry a', { hasText: name });
    await row.waitFor({ timeout: 30_000 });
    await expectSoundPage(page);
    await shot('1-board');

    await page.goto(`${board}?sort=top5_error`);
    await expectSoundPage(page);
    await shot('2-sorted');

    await row.click();
    await page.waitForURL(/\/entries\/[^/]+$/u);
    await expectSoundPage(page);
    expect(await page.textContent('h2')).toContain(name);
    await shot('3-entry');
    expect(problems).toEqual([]);
    await page.context().close();
    await other.page.context().close();
  });
});

it('says to whom a stream of events is closed', async () => {
  const { page } = await openPage(browser, DESKTOP);
  await page.goto(server.url);
  const status = await page.evaluate<number>(
    `fetch('/competitions/digits/events?split=private').then(({ status }) => status)`,
  );
  expect(status).toBe(403);
  await page.context().close();
});
