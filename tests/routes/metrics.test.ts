import { describe, expect, it } from 'vitest';

import { listMetrics } from '../../server/services/metrics.ts';
import { makeDeps } from '../factories/deps.ts';
import { makeVisitor } from './visitor.ts';

/** Handlebars writes `'` and `=` and some more as entities. */
function unescape(html: string): string {
  return html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#x27;', "'")
    .replaceAll('&#x3D;', '=')
    .replaceAll('&#x60;', '`')
    .replaceAll('&amp;', '&');
}

async function visit() {
  const visitor = makeVisitor(await makeDeps());
  return async (path: string, language = 'en') => {
    const answer = await visitor.get(path, { 'accept-language': language });
    return { status: answer.status, text: unescape(answer.text) };
  };
}

const linksOf = (text: string) =>
  [...text.matchAll(/<th role="rowheader" scope="row"><a href="\/metrics\/(\w+)"/gu)].map(
    ([, name]) => name,
  );

describe('the list of metrics', () => {
  it('leads to every metric of the registry, in both languages', async () => {
    const get = await visit();
    for (const language of ['en', 'es'] as const) {
      const { text } = await get('/metrics', language);
      expect(linksOf(text)).toEqual(listMetrics().map(({ name }) => name));
      for (const { title } of listMetrics()) expect(text).toContain(title[language]);
    }
  });

  it('is searched by a plain form, which keeps what was asked', async () => {
    const get = await visit();
    const { text } = await get('/metrics?q=word+jiwer&domain=sequence');
    expect(linksOf(text)).toEqual(['wer_jiwer']);
    expect(text).toContain('value="word jiwer"');
    expect(text).toContain('<option value="sequence" selected>');
    expect(text).toContain(`1 of ${listMetrics().length} metrics`);
    const empty = await get('/metrics?q=%3Cscript%3Ealert');
    expect(linksOf(empty.text)).toEqual([]);
    expect(empty.text).toContain('No metric has all these words');
  });

  it('escapes what was asked', async () => {
    const deps = await makeDeps();
    const { text } = await makeVisitor(deps).get('/metrics?q=%22%3E%3Cscript%3Ealert(1)');
    expect(text).toContain('value="&quot;&gt;&lt;script&gt;alert(1)"');
  });

  it('shows every domain for one that it does not know', async () => {
    const get = await visit();
    const { status, text } = await get('/metrics?domain=alchemy');
    expect(status).toBe(200);
    expect(linksOf(text)).toHaveLength(listMetrics().length);
  });
});

describe('the page of a metric', () => {
  it('says all that the registry says, in both languages', async () => {
    const get = await visit();
    for (const metric of listMetrics()) {
      for (const language of ['en', 'es'] as const) {
        const { status, text } = await get(`/metrics/${metric.name}`, language);
        expect([metric.name, status]).toEqual([metric.name, 200]);
        const said = [metric.title, metric.definition, metric.aggregation].map((localized) =>
          localized[language].replaceAll(/`([^`]*)`/gu, '<code>$1</code>'),
        );
        for (const sentence of [...said, metric.source]) expect(text).toContain(sentence);
        for (const { name } of metric.input.flat()) expect(text).toContain(`<code>${name}</code>`);
        expect(text).toContain(`certamen metric ${metric.name} --input`);
        expect(text).not.toMatch(/undefined<|NaN|\[object/u);
      }
    }
  });

  it('writes the range as numbers and says how pages show it', async () => {
    const get = await visit();
    expect((await get('/metrics/top1_error')).text).toContain(
      '0 to 1 in data and API; pages show percent',
    );
    expect((await get('/metrics/psnr', 'es')).text).toContain('de 0 a ∞');
    expect((await get('/metrics/cohen_kappa')).text).toContain('−1 to 1');
  });

  it('is not there for a metric that is not', async () => {
    const get = await visit();
    expect((await get('/metrics/constructor')).status).toBe(404);
    expect((await get('/metrics/accuracy_of_dreams')).status).toBe(404);
  });
});
