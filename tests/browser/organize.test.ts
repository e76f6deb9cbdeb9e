/** An organizer makes a second competition in a real Chromium, and a student submits to it. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { writeIdxFiles } from '../factories/idx-files.ts';
import { zipFolder } from '../factories/zip-folder.ts';
import { DESKTOP, PHONE, expectSoundPage, launchBrowser, openPage, screenshot } from './browser.ts';
import { startServer, type RunningServer } from './server.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const LENET = path.join(ROOT, 'tasks/digits/baselines/lenet5.onnx');
const run = promisify(execFile);

let server: RunningServer;
let browser: Browser;
let folder: string;
let setupUrl: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'certamen-organize-'));
  const env = { CERTAMEN_MODE: 'production', ACCEPT_WEAK_ISOLATION: 'true' };
  [server, browser] = await Promise.all([startServer(env), launchBrowser()]);
  setupUrl = /http:\/\/\S+\/setup\/\S+/u.exec(server.printed())?.[0] ?? '';
});
afterAll(async () => {
  await browser.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function signUp(page: Page, address: string, name: string): Promise<void> {
  await page.goto(address);
  await page.fill('#name', name);
  await page.fill('#email', `${name.toLowerCase()}@certamen.example`);
  await page.fill('#password', 'correct horse battery staple');
  await page.click('main button.button');
  await page.waitForURL(`${server.url}/`);
}

/** A zip of what `certamen task new` makes of IDX files. */
async function makeTask(name: string): Promise<string> {
  const data = await writeIdxFiles(folder);
  const out = path.join(folder, name);
  const launcher = path.join(ROOT, 'bin/certamen.js');
  await run(process.execPath, [launcher, 'task', 'new', name, '--out', out, ...data]);
  const zip = `${out}.zip`;
  await writeFile(zip, await zipFolder(out));
  return zip;
}

/** The same person makes both. */
const readers = [
  {
    width: 'desktop',
    language: 'en',
    slug: 'digits-two',
    options: { ...DESKTOP, locale: 'en-GB' },
  },
  { width: 'phone', language: 'es', slug: 'digits-tres', options: { ...PHONE, locale: 'es-ES' } },
];

describe.each(readers)('$width in $language', ({ width, language, slug, options }) => {
  it('leads from raw files to a competition with a ranked student', async () => {
    const { page, problems } = await openPage(browser, options);
    const shot = (step: string) => screenshot(page, `organize-${width}-${language}-${step}`);
    const click = (selector: string) => page.click(`main ${selector}`);
    if (setupUrl === '') throw new Error('the server printed no link');
    if (slug === 'digits-two') await signUp(page, setupUrl, 'Olga');
    else {
      await page.goto(`${server.url}/login`);
      await page.fill('#email', 'olga@certamen.example');
      await page.fill('#password', 'correct horse battery staple');
      await click('button.button');
      await page.waitForURL(`${server.url}/`);
    }
    // Her account says English.
    await page.goto(`${server.url}/organize?lang=${language}`);
    expect(await page.getAttribute('html', 'lang')).toBe(language);
    await expectSoundPage(page);
    await shot('1-index');
    await click('a[href="/organize/new"]');
    await page.waitForURL(/\/organize\/new$/u);
    await expectSoundPage(page);
    await page.fill('#title_en', 'Digits, second run');
    await page.fill('#title_es', 'Dígitos, segunda vuelta');
    await page.fill('#summary_en', 'The same digits in other hands.');
    await page.fill('#summary_es', 'Los mismos dígitos en otras manos.');
    await page.fill('#body_en', '### Welcome\n\nBring a **small** model.');
    await page.fill('#body_es', '### Te damos la bienvenida\n\nTrae un modelo **pequeño**.');
    await page.fill('#slug', 'No');
    await click('button.button');
    await page.waitForSelector('#slug-problem');
    await expectSoundPage(page);
    await shot('2-create');
    await page.fill('#slug', slug);
    await click('button.button');
    await page.waitForURL(`${server.url}/organize/${slug}`);
    await expectSoundPage(page);
    await shot('3-draft');

    const letter = path.join(folder, 'letter.zip');
    await writeFile(letter, 'no zip');
    await page.setInputFiles('#files', letter);
    await click('.submit-form button.button');
    await page.waitForSelector('.badge.failed', { timeout: 60_000 });
    await page.setInputFiles('#files', await makeTask(slug));
    await click('.submit-form button.button');
    // Nobody reloads: the page follows the check by itself.
    await page.waitForSelector('.badge.succeeded', { timeout: 60_000 });
    await page.reload();
    await expectSoundPage(page);
    await shot('4-imported');

    await click('a[href$="/phases/new"]');
    await page.waitForURL(/\/phases\/new$/u);
    await page.fill('#title_en', 'Main phase');
    await page.fill('#title_es', 'Fase principal');
    await page.fill('#slug', 'main');
    await page.fill('#total_limit', '9');
    await page.selectOption('#time_zone', 'UTC');
    await expectSoundPage(page);
    await shot('5-phase');
    await click('button.button');
    await page.waitForURL(new RegExp(`/organize/${slug}#phases$`, 'u'));
    await page.goto(`${server.url}/organize/${slug}/publish`);
    await expectSoundPage(page);
    await click('button.button');
    await page.waitForURL(`${server.url}/organize/${slug}`);
    await expectSoundPage(page);
    await shot('6-public');

    const student = await openPage(browser, options);
    await signUp(student.page, `${server.url}/signup`, `Student-${language}`);
    await student.page.goto(`${server.url}/competitions/${slug}`);
    await expectSoundPage(student.page);
    await screenshot(student.page, `organize-${width}-${language}-7-student`);
    expect((await student.page.goto(`${server.url}/organize`))?.status()).toBe(404);
    await student.page.goto(`${server.url}/competitions/${slug}/submit`);
    await student.page.setInputFiles('#files', LENET);
    await student.page.click('.submit-form button.button');
    await student.page.waitForSelector('[data-status="succeeded"]', { timeout: 60_000 });
    await student.page.goto(`${server.url}/competitions/${slug}/leaderboard`);
    expect(await student.page.textContent('main')).toContain(`Student-${language}`);
    await student.page.context().close();

    await page.goto(`${server.url}/organize/${slug}/phases/main/close`);
    await expectSoundPage(page);
    await shot('8-close');
    await click('button.button');
    await page.waitForURL(new RegExp(`/organize/${slug}#phases$`, 'u'));
    await page.reload();
    await expectSoundPage(page);
    await shot('9-closed');
    await page.goto(`${server.url}/competitions/${slug}/leaderboard?split=private`);
    expect(await page.textContent('main')).toContain(`Student-${language}`);
    // The form that was refused on purpose answers 422.
    expect(problems.filter((problem) => !problem.includes('422'))).toEqual([]);
    await page.context().close();
  });
});
