/** A browser without scripts: keeps cookies, reads the form's token from the page, follows no redirects by itself. */
import request from 'supertest';

import { createApp } from '../../server/app.ts';
import type { Deps } from '../../server/deps.ts';

export interface NamedFile {
  readonly name: string;
  readonly content: string | Uint8Array;
}

export function makeVisitor(deps: Deps, app = createApp(deps)) {
  const agent = request.agent(app);
  let session = '';

  async function formToken(page: string): Promise<string> {
    const answer = await agent.get(page);
    const token = /name="csrf" value="([^"]+)"/u.exec(answer.text)?.[1];
    if (token === undefined) throw new Error(`${page} (${answer.status}) has no form`);
    return token;
  }

  return {
    agent,
    formToken,
    get: (path: string, headers: Record<string, string> = {}) => agent.get(path).set(headers),
    /** Fills in the form on `page` and sends it to `action`. */
    async post(page: string, action: string, fields: Record<string, string> = {}) {
      const csrf = await formToken(page);
      return agent
        .post(action)
        .type('form')
        .send({ csrf, ...fields });
    },
    async signUp(name = 'Ada Lovelace', email = 'ada@certamen.example') {
      const fields = { name, email, password: 'a long enough password' };
      const answer = await this.post('/signup', '/signup', fields);
      session = /certamen_session=[^;]+/u.exec(String(answer.headers['set-cookie']))?.[0] ?? '';
      return answer;
    },
    /** The session of the last sign-up, for requests that are made by hand. */
    cookies: () => session,
    /** Sends files by the form of a competition. */
    async upload(slug: string, files: readonly NamedFile[], fields: Record<string, string> = {}) {
      const page = `/competitions/${slug}/submit`;
      const csrf = await formToken(page);
      const sending = agent.post(page).field('csrf', csrf);
      for (const [name, value] of Object.entries(fields)) void sending.field(name, value);
      for (const { name, content } of files) {
        void sending.attach('files', Buffer.from(content), { filename: name });
      }
      return sending;
    },
  };
}
