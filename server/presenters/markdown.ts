import { marked } from 'marked';
import sanitizeHtml from 'sanitize-html';

/** HTML from an organizer's Markdown. The only maker of `safe_html` besides the page renderer. */
export function markdownToSafeHtml(markdown: string): string {
  return sanitizeHtml(marked.parse(markdown, { async: false, gfm: true }), {
    allowedTags: [
      'p',
      'br',
      'em',
      'strong',
      'code',
      'pre',
      'ul',
      'ol',
      'li',
      'a',
      'blockquote',
      'h3',
      'h4',
    ],
    allowedAttributes: { a: ['href'] },
    allowedSchemes: ['http', 'https', 'mailto'],
    transformTags: {
      // The page has the first two levels.
      h1: 'h3',
      h2: 'h3',
      a: sanitizeHtml.simpleTransform('a', { rel: 'nofollow noopener' }),
    },
  });
}
