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
});
