import { describe, expect, it } from 'vitest';

import { createViews } from '../../../views/render.ts';

const context = { language: 'en', now: new Date('2026-03-02T12:00:00.000Z') } as const;

describe('the template engine', () => {
  it('throws on a field that the presenter forgot', () => {
    const views = createViews();
    expect(() =>
      views.render('pages/error', { error: { status: 404 }, id: null }, context),
    ).toThrow(/text/u);
  });

  it('throws on a template that is not there', () => {
    expect(() => createViews().render('pages/none', {}, context)).toThrow('no template pages/none');
  });

  it('escapes whatever it is given', () => {
    const hostile = `"><script>alert('1')</script>{{t "x"}}&`;
    const html = createViews().render(
      'pages/error',
      { error: { status: hostile, text: hostile, next: hostile }, id: hostile },
      context,
    );
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;script&gt;');
  });

  it('writes what stands between backticks as code, and markup as text', () => {
    const metric = Object.fromEntries(
      ['title', 'domain', 'domain_href', 'direction', 'range_text', 'name', 'source'].map(
        (field) => [field, field],
      ),
    );
    const text = 'set `<b>` to `1`, and <i>';
    const fields = {
      sentence: text,
      definition: text,
      aggregation: text,
      interval: '',
      command: '',
    };
    const html = createViews().render(
      'pages/metrics/show',
      { metric: { ...metric, ...fields, edge_cases: [text], inputs: [], range: null } },
      context,
    );
    const written = 'set <code>&lt;b&gt;</code> to <code>1</code>, and &lt;i&gt;';
    expect(html.split(written)).toHaveLength(5);
  });
});
