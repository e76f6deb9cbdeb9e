/** Requests that come slowly, or never quite, against the server as it is started. */
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import path from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { createApp } from '../../server/app.ts';
import { startServer, type RunningServer } from '../../server/main.ts';
import { openTask } from '../../server/services/tasks.ts';
import { makeDataDir, makeDeps } from '../factories/deps.ts';
import { makeCompetition } from '../factories/records.ts';

const REQUEST_MS = 800;

async function start(): Promise<RunningServer & { readonly folder: string }> {
  const folder = await makeDataDir();
  const server = await startServer({
    DATA_DIR: folder,
    PORT: '0',
    LOG_LEVEL: 'silent',
    NODE_ENV: 'test',
    SUPERVISE_WORKER: 'false',
    REQUEST_MS: String(REQUEST_MS),
  });
  onTestFinished(() => server.stop());
  return { ...server, folder };
}

/** Sends the start, then a byte every so often for as long as the other side takes it. @returns what came back. */
async function trickle(
  { address }: RunningServer,
  head: string,
  every_ms: number,
): Promise<string> {
  const socket = connect(address.port, address.address);
  await once(socket, 'connect');
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  // A connection that is cut while it writes.
  socket.on('error', () => undefined);
  socket.write(head);
  const drip = setInterval(() => socket.write('a'), every_ms);
  await once(socket, 'close');
  clearInterval(drip);
  return answer;
}

/** Signs up, and gives the cookie and the token of the upload form. */
async function signUp(url: string): Promise<{ cookie: string; csrf: string }> {
  const read = async (answer: Response) => ({
    csrf: /name="csrf" value="([^"]+)"/u.exec(await answer.text())?.[1] ?? '',
    cookie: (answer.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '',
  });
  const form = await read(await fetch(`${url}/signup`));
  const signedUp = await fetch(`${url}/signup`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie: form.cookie },
    body: new URLSearchParams({
      csrf: form.csrf,
      name: 'Ada',
      email: 'ada@certamen.example',
      password: 'a long enough password',
    }),
  });
  const { cookie } = await read(signedUp);
  const page = await fetch(`${url}/competitions/digits/submit`, { headers: { cookie } });
  return { cookie, csrf: (await read(page)).csrf };
}

describe('a slow request', () => {
  it('is cut off when its headers do not end', async () => {
    const server = await start();
    const answer = await trickle(server, 'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ', 50);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /u);
  });

  it('is cut off when its form does not end', async () => {
    const server = await start();
    const head =
      'POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n' +
      'Content-Length: 60000\r\n\r\ncsrf=';
    expect(await trickle(server, head, 50)).toMatch(/^HTTP\/1\.1 408 /u);
  });

  it('is cut off when an upload does not end, and nothing of it stays', async () => {
    const server = await start();
    const { cookie, csrf } = await signUp(server.url);
    const part = (name: string, more: string) =>
      `--b\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`;
    const head =
      'POST /competitions/digits/submit HTTP/1.1\r\nHost: localhost\r\n' +
      `Cookie: ${cookie}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 900000\r\n\r\n` +
      `${part('csrf', '')}${csrf}\r\n${part('files', '; filename="model.onnx"')}aaaa`;
    const storage = path.join(server.folder, 'storage');
    const count = async () =>
      (await readdir(storage, { recursive: true, withFileTypes: true })).filter((entry) =>
        entry.isFile(),
      ).length;
    const before = await count();
    const cut = trickle(server, head, 20);
    // It has begun to be stored, so that there is something to clean up.
    await expect.poll(count).toBe(before + 1);
    await cut;
    await expect.poll(count).toBe(before);
    const list = await fetch(`${server.url}/submissions`, { headers: { cookie } });
    expect(await list.text()).not.toContain('/submissions/0');
    // Others were served meanwhile, and are now.
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });
});

describe('a download', () => {
  it('is one piece of memory for all who take it, however slowly, and is not read to be named', async () => {
    const deps = await makeDeps();
    const { slug, task_version_id } = await makeCompetition(deps);
    const app = createApp(deps);
    const sent: unknown[] = [];
    const server = createServer((req, res) => {
      const end = res.end.bind(res) as (...args: unknown[]) => typeof res;
      res.end = (...args: unknown[]) => {
        sent.push((args[0] as Buffer).buffer);
        return end(...args);
      };
      app(req, res);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    for (let reader = 0; reader < 2; reader++) {
      const path = `/competitions/${slug}/data/digits-train.npz`;
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(1_000_000);
      const { version } = await openTask(deps, task_version_id);
      expect(answer.headers.get('etag')).toBe(`"${version}"`);
    }
    expect(sent[0]).toBeInstanceOf(ArrayBuffer);
    expect(sent[1]).toBe(sent[0]);
  });
});
