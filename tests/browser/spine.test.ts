/** From an empty browser to a place on the board, in a real Chromium against a real server. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { DESKTOP, PHONE, expectSoundPage, launchBrowser, openPage, screenshot } from './browser.ts';
import { startServer, type RunningServer } from './server.ts';

const MODELS = path.resolve(import.meta.dirname, '../fixtures/models');
const PYTORCH_PAIR = ['model.onnx', 'model.onnx.data'].map((file) =>
  path.join(MODELS, 'dynamo', file),
);

let server: RunningServer;
let browser: Browser;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'certamen-files-'));
  [server, browser] = await Promise.all([startServer(), launchBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function signUp(page: Page, name: string): Promise<void> {
  await page.goto(`${server.url}/signup`);
  await page.fill('#name', name);
  await page.fill('#email', `${name.toLowerCase()}@certamen.example`);
  await page.fill('#password', 'correct horse battery staple');
  await page.click('main button.button');
  await page.waitForURL(`${server.url}/`);
}

async function upload(page: Page, files: string[]): Promise<void> {
  await page.goto(`${server.url}/competitions/digits/submit`);
  await page.setInputFiles('#files', files);
  await page.click('.submit-form button.button');
  await page.waitForURL(/\/submissions\/[^/]+$/u);
}

describe.each([
  { width: 'desktop', language: 'en', name: 'Ada', options: { ...DESKTOP, locale: 'en-GB' } },
  { width: 'phone', language: 'es', name: 'Lope', options: { ...PHONE, locale: 'es-ES' } },
])('$width in $language', ({ width, language, name, options }) => {
  it('leads from sign-up to a place on the board', async () => {
    const { page, problems } = await openPage(browser, options);
    const shot = (step: string) => screenshot(page, `${width}-${language}-${step}`);

    await page.goto(server.url);
    expect(await page.getAttribute('html', 'lang')).toBe(language);
    await expectSoundPage(page);
    await shot('1-home');
    await page.goto(`${server.url}/signup`);
    await expectSoundPage(page);
    await signUp(page, name);
    await expectSoundPage(page);

    await page.goto(`${server.url}/competitions/digits`);
    await expectSoundPage(page);
    await shot('2-competition');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.click('a[href$="/digits-train.npz"]'),
    ]);
    expect(download.suggestedFilename()).toBe('digits-train.npz');

    await page.goto(`${server.url}/competitions/digits/submit`);
    await expectSoundPage(page);
    await page.setInputFiles('#files', PYTORCH_PAIR);
    await shot('3-submit');
    await page.click('.submit-form button.button');
    await page.waitForURL(/\/submissions\/[^/]+$/u);
    // Nobody reloads: the page follows the evaluation by itself.
    await page.waitForSelector('[data-status="succeeded"]', { timeout: 60_000 });
    await expectSoundPage(page);
    expect(await page.textContent('.big')).toMatch(/\d/u);
    // Told to those who do not see it, too.
    const score = (await page.textContent('.big'))?.trim() ?? '';
    expect(await page.textContent('[role="status"][data-announce]')).toContain(score);
    await shot('4-result');

    await page.goto(`${server.url}/competitions/digits/leaderboard`);
    await expectSoundPage(page);
    expect(await page.textContent('main')).toContain(name);
    await shot('5-board');

    await page.click('.row-own .icon-link');
    await expectSoundPage(page);
    expect(await page.textContent('.verdict-question')).toContain(name);
    await shot('6-compare');
    await page.goto(`${server.url}/metrics`);
    await expectSoundPage(page);
    await page.fill('#q', 'top-1');
    await page.click('.finder button');
    await page.click('a[href="/metrics/top1_error"]');
    await expectSoundPage(page);
    await shot('7-metric');
    expect(problems).toEqual([]);
    await page.context().close();
  });
});

it('explains a refused file in the language of the reader', async () => {
  const wrong = path.join(folder, 'model.onnx');
  await writeFile(wrong, 'This is a letter and not a model.\n');
  const { page } = await openPage(browser, { ...PHONE, locale: 'es-ES' });
  await signUp(page, 'Teresa');
  await upload(page, [wrong]);
  await page.waitForSelector('[data-status="failed"]', { timeout: 60_000 });
  await expectSoundPage(page);
  const text = await page.textContent('main');
  expect(text).toContain('BAD_FORMAT');
  expect(text).toContain('model.onnx');
  await screenshot(page, 'phone-es-6-failure');
  await page.context().close();
});

it('warns of weights in the format of a framework, but not beside code that may read them', async () => {
  const { page } = await openPage(browser, { ...DESKTOP, locale: 'en-GB' });
  await signUp(page, 'Katherine');
  await page.goto(`${server.url}/competitions/digits/submit`);
  const file = (name: string) => ({ name, mimeType: '', buffer: Buffer.from('x') });
  await page.setInputFiles('#files', [file('weights.pt'), file('model.py')]);
  expect(await page.textContent('.drop-status')).toContain('Chosen: weights.pt, model.py');
  await page.setInputFiles('#files', [file('weights.pt')]);
  expect(await page.textContent('.drop-status.problem')).toContain('Export it to ONNX');
  // The page of the refusal has the lines, so the way there stays open.
  await page.click('.submit-form button.button');
  await page.waitForSelector('[data-status="failed"]', { timeout: 60_000 });
  expect(await page.textContent('main')).toContain('torch.onnx.export');
  await page.context().close();
});

it('takes files that are dropped, and asks for those of a folder', async () => {
  const { page } = await openPage(browser, { ...DESKTOP, locale: 'en-GB' });
  await signUp(page, 'Barbara');
  await page.goto(`${server.url}/competitions/digits/submit`);
  const devtools = await page.context().newCDPSession(page);
  const zone = await page.locator('[data-drop]').boundingBox();
  const dropped = async (files: string[]) => {
    const at = { x: (zone?.x ?? 0) + 20, y: (zone?.y ?? 0) + 20 };
    const data = { items: [], files, dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await devtools.send('Input.dispatchDragEvent', { type, ...at, data });
    }
  };
  await dropped(PYTORCH_PAIR);
  await page.waitForFunction('document.querySelector("#files").files.length === 2');
  expect(await page.textContent('.drop-status')).toContain('Chosen: model.onnx, model.onnx.data');
  await dropped([path.join(MODELS, 'dynamo')]);
  await page.waitForSelector('.drop-status.problem');
  expect(await page.textContent('.drop-status')).toContain('dynamo is a folder.');
  expect(await page.inputValue('#files')).toBe('');
  await page.context().close();
});

it('asks to log in again where the session has ended, and leads back to the form', async () => {
  const { page } = await openPage(browser, { ...DESKTOP, locale: 'en-GB' });
  await signUp(page, 'Radia');
  const form = `${server.url}/competitions/digits/submit`;
  await page.goto(form);
  await page.setInputFiles('#files', PYTORCH_PAIR);
  await page.context().clearCookies();
  await page.click('.submit-form button.button');
  await page.waitForURL(/\/login\?/u);
  await page.fill('#email', 'radia@certamen.example');
  await page.fill('#password', 'correct horse battery staple');
  await page.click('main button.button');
  await page.waitForURL(form);
  await page.context().close();
});

it('keeps the form as it was filled in where the connection breaks off', async () => {
  const { page } = await openPage(browser, { ...DESKTOP, locale: 'en-GB' });
  await signUp(page, 'Hedy');
  await page.goto(`${server.url}/competitions/digits/submit`);
  await page.setInputFiles('#files', PYTORCH_PAIR);
  await page.fill('#note', 'from a train');
  await page.context().setOffline(true);
  await page.click('.submit-form button.button');
  await page.waitForSelector('.drop-status.problem');
  expect(await page.textContent('.drop-status')).toContain('nothing was submitted');
  expect(await page.inputValue('#note')).toBe('from a train');
  await page.context().setOffline(false);
  await page.click('.submit-form button.button');
  await page.waitForURL(/\/submissions\/[^/]+$/u);
  await page.context().close();
});

it('works with scripts off', async () => {
  const { page } = await openPage(browser, { ...DESKTOP, javaScriptEnabled: false });
  await signUp(page, 'Grace');
  await upload(page, PYTORCH_PAIR);
  await page.waitForSelector('[data-status="succeeded"]', { timeout: 60_000 });
  await page.goto(`${server.url}/competitions/digits/leaderboard`);
  expect(await page.textContent('main')).toContain('Grace');
  await page.context().close();
});
