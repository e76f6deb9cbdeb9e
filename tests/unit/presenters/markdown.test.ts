import { describe, expect, it } from 'vitest';

import { markdownToSafeHtml } from '../../../server/presenters/markdown.ts';

describe('markdownToSafeHtml', () => {
  it('makes paragraphs, lists, emphasis and links', () => {
    const html = markdownToSafeHtml('# Title\n\nSee *this* [page](https://a.example/).\n\n- one');
    expect(html).toContain('<h3>Title</h3>');
    expect(html).toContain('<em>this</em>');
    expect(html).toContain('<a href="https://a.example/">page</a>');
    expect(html).toContain('<li>one</li>');
  });

  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x](data:text/html,<script>alert(1)</script>)',
    '<a href="vbscript:x" onclick="y">x</a>',
    '<svg><style>@import "x"</style></svg>',
    '<p style="position:fixed">x</p>',
    '<iframe src="https://elsewhere.example"></iframe>',
    '![x](https://elsewhere.example/pixel.png)',
    '<math><mtext></p><img src=x onerror=alert(1)>',
  ])('keeps nothing that runs or loads from %s', (markdown) => {
    const html = markdownToSafeHtml(markdown);
    expect(html).not.toMatch(/<(script|img|svg|style|iframe|math)|\son\w+=|style=/iu);
    expect(html).not.toMatch(/href="(?!https?:|mailto:)/iu);
  });
});
