import { describe, expect, it } from 'vitest';

import { makeDeps } from '../factories/deps.ts';
import { makeCompetition } from '../factories/records.ts';
import { runQueue } from '../stories/run-queue.ts';
import { zip } from '../sandbox/make-zip.ts';
import { makeVisitor } from './visitor.ts';

const MARKER = 'certamen-polyglot-marker';
const SCRIPT = `<!doctype html><script>document.title="${MARKER}"</script>`;

/** Files that are two things at once: something that a browser would run, and what they say they are. */
const POLYGLOTS = [
  [
    'HTML and ZIP',
    'model.zip',
    Buffer.concat([Buffer.from(SCRIPT), zip([{ name: 'model.onnx', content: 'x' }])]),
  ],
  [
    'PNG, SVG and ZIP',
    'model.zip',
    Buffer.concat([
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
      Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" onload="${MARKER}"/>`),
      zip([{ name: 'model.onnx', content: 'x' }]),
    ]),
  ],
  ['HTML named as a model', 'model.html.onnx', Buffer.from(SCRIPT)],
] as const;

describe('a file that a browser would run', () => {
  it.each(POLYGLOTS)(
    'comes back to its owner as a download alone: %s',
    async (_what, name, content) => {
      const deps = await makeDeps();
      const { slug } = await makeCompetition(deps);
      const visitor = makeVisitor(deps);
      await visitor.signUp();
      const sent = await visitor.upload(slug, [{ name, content }]);
      expect(sent.status).toBe(303);
      await runQueue(deps);

      const { files_json } = await deps.db
        .selectFrom('submissions')
        .selectAll()
        .executeTakeFirstOrThrow();
      const [stored] = JSON.parse(files_json) as Record<string, string>[];
      const page = String(sent.headers['location']);
      // Every address that the pages name, and those that somebody might guess from what is stored.
      const addresses = new Set([page, '/submissions', `/competitions/${slug}`]);
      for (const address of [...addresses]) {
        const { text } = await visitor.get(address);
        for (const [, link] of text.matchAll(/(?:href|src|action)="(\/[^"#]*)/gu))
          addresses.add((link as string).replaceAll('&amp;', '&').replaceAll('&#x3D;', '='));
      }
      for (const value of [name, ...Object.values(stored ?? {})])
        for (const folder of [page, `${page}/files`, `${page}/artifact`, '/storage', '/files'])
          addresses.add(`${folder}/${encodeURIComponent(value)}`);
      expect(addresses.size).toBeGreaterThan(15);

      const own = `${page}/files/0`;
      expect(addresses).toContain(own);
      const stranger = makeVisitor(deps);
      await stranger.signUp();
      expect((await stranger.agent.get(own)).status).toBe(404);
      for (const address of addresses) {
        const answer = await visitor.agent.get(address).buffer(true);
        const body = Buffer.isBuffer(answer.body) ? answer.body.toString('latin1') : answer.text;
        if (address === own) {
          expect(body).toContain(MARKER);
          expect(answer.type).toBe('application/octet-stream');
          expect(answer.headers['content-disposition']).toBe(`attachment; filename=${name}`);
        } else expect(body, address).not.toContain(MARKER);
        expect(answer.headers['x-content-type-options'], address).toBe('nosniff');
        if (answer.type === 'text/html')
          expect(answer.headers['content-security-policy'], address).toMatch(/script-src 'self'/u);
      }
    },
  );
});
