import { describe, expect, it } from 'vitest';

import { startServer } from '../../server/main.ts';
import { makeDataDir } from '../factories/deps.ts';
import { until } from './run-queue.ts';

interface BoardAnswer {
  readonly items: readonly { readonly kind: string; readonly scores: Record<string, number> }[];
}

async function readBoard(url: string): Promise<BoardAnswer['items']> {
  const answer = await fetch(`${url}/api/v1/competitions/digits/leaderboard`);
  return ((await answer.json()) as BoardAnswer).items;
}

describe('the server', () => {
  it('fills an empty folder by real evaluations, and starts again where it stopped', async () => {
    const env = {
      ...process.env,
      DATA_DIR: await makeDataDir(),
      PORT: '0',
      LOG_LEVEL: 'silent',
      NODE_ENV: 'test',
      // The board is asked for until it is full, however long that takes.
      REQUESTS_PER_MINUTE: '100000',
    };
    const lines: string[] = [];
    const first = await startServer(env, { onProgress: (line) => lines.push(line) });
    expect(first.accounts.map(({ role }) => role)).toEqual(['organizer', 'instructor', 'student']);
    expect(first.setup_url).toBeNull();
    const filled = await until(async () => {
      const items = await readBoard(first.url);
      return items.filter(({ kind }) => kind === 'baseline').length === 4 && items;
    }, 'four baselines on the board');
    const lenet = Math.min(
      ...filled
        .filter(({ kind }) => kind === 'baseline')
        .map(({ scores }) => scores['top1_error'] ?? 1),
    );
    expect(lenet).toBeLessThan(0.02);
    // PORT=0 took a free port: the addresses that the server hands out name that one.
    const competitions = await fetch(`${first.url}/api/v1/competitions`);
    expect(await competitions.json()).toMatchObject({
      items: [{ url: `${first.url}/competitions/digits` }],
    });
    const worker = first.workerPid() ?? 0;
    await first.stop();
    await first.stop();
    // Nothing is left behind: neither the worker nor the port.
    expect(() => process.kill(worker, 0)).toThrow('ESRCH');
    await expect(fetch(first.url)).rejects.toThrow();

    const second = await startServer({ ...env, SUPERVISE_WORKER: 'false' });
    try {
      expect(second.accounts).toEqual([]);
      expect(second.workerPid()).toBeNull();
      expect(await readBoard(second.url)).toEqual(filled);
    } finally {
      await second.stop();
    }
  });

  it('prints a link for the administrator in production and takes no demo data', async () => {
    const server = await startServer({
      DATA_DIR: await makeDataDir(),
      PORT: '0',
      LOG_LEVEL: 'silent',
      NODE_ENV: 'production',
      ACCEPT_WEAK_ISOLATION: 'true',
      SUPERVISE_WORKER: 'false',
    });
    try {
      expect(server.setup_url).toMatch(/\/setup\/[\w-]{43}$/u);
      const link = await fetch(server.setup_url ?? '');
      expect(link.status).toBe(200);
      expect(server.accounts).toEqual([]);
      const answer = await fetch(`${server.url}/api/v1/competitions`);
      expect(await answer.json()).toEqual({ items: [], next: null });
    } finally {
      await server.stop();
    }
  });

  it('says every setting that it cannot use', async () => {
    const starting = startServer({ DATA_DIR: '/tmp', PORT: 'many', LOG_LEVEL: 'loud' });
    await expect(starting).rejects.toThrow(/PORT[\s\S]*LOG_LEVEL/u);
  });
});
