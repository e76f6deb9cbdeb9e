import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';

import { describe, expect, it, onTestFinished } from 'vitest';

import { createApp } from '../../server/app.ts';
import { createLive, readLiveState, submissionTopic } from '../../server/services/live.ts';
import { readResult } from '../../server/services/results.ts';
import { findSessionUser, logOut } from '../../server/services/accounts.ts';
import {
  updateEvaluationProgress,
  updateEvaluationRunning,
} from '../../server/models/evaluations.ts';
import { startListening } from '../factories/listen.ts';
import { makeDeps, type TestDeps } from '../factories/deps.ts';
import { makeCompetition, makeSubmission, makeUser } from '../factories/records.ts';
import { makeScored, wrongItems } from '../factories/scored.ts';
import { makeVisitor } from './visitor.ts';

interface Stream {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Waits until the text matches. */
  until(pattern: RegExp): Promise<string>;
  readonly ended: Promise<unknown>;
  text(): string;
  close(): void;
}

/** A server that listens, and streams from it. */
async function serve(deps: TestDeps) {
  const stopping = new AbortController();
  const app = createApp(deps, stopping.signal);
  const { server, port } = await startListening(app);
  async function listen(path: string, cookie = ''): Promise<Stream> {
    const headers = { accept: 'text/event-stream', cookie };
    const asked = get({ host: '127.0.0.1', port, path, headers, agent: false });
    asked.on('error', () => undefined);
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    let text = '';
    answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    answer.on('error', () => undefined);
    return {
      status: answer.statusCode ?? 0,
      headers: answer.headers,
      ended: new Promise((resolve) => answer.on('close', resolve)),
      text: () => text,
      close: () => void asked.destroy(),
      async until(pattern) {
        while (!pattern.test(text)) await once(answer, 'data');
        return text;
      },
    };
  }
  return { app, listen, stopping, server };
}

async function makeBoard() {
  const deps = await makeDeps();
  const { phase_id, slug } = await makeCompetition(deps);
  const user = await makeUser(deps);
  const score = async (errors: number) => {
    const wrong = { top1_error: wrongItems(100, errors) };
    await makeScored(deps, { phase_id, user, splits: { public: wrong, private: wrong } });
  };
  return { deps, phase_id, slug, user, score };
}

describe('the events of a board', () => {
  it('say that it changed, and nothing else', async () => {
    const { deps, slug, score } = await makeBoard();
    const { listen } = await serve(deps);
    const stream = await listen(`/competitions/${slug}/events`);
    expect(stream.status).toBe(200);
    expect(stream.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(stream.headers['cache-control']).toBe('private, no-store');
    await stream.until(/event: state\ndata: \{"version":0\}\n\n/u);
    await score(10);
    const text = await stream.until(/event: changed\ndata: .*\n\n/u);
    expect(text).toMatch(
      /^retry: 5000\n\nevent: state\n.*\n\nevent: changed\ndata: \{"version":1\}\n\n$/u,
    );
  });

  it('are refused where the board is', async () => {
    const { deps, slug } = await makeBoard();
    const { listen } = await serve(deps);
    expect((await listen(`/competitions/${slug}/events?split=private`)).status).toBe(403);
    expect((await listen('/competitions/nowhere/events')).status).toBe(404);
    const draft = await makeCompetition(deps, { state: 'draft' });
    expect((await listen(`/competitions/${draft.slug}/events`)).status).toBe(404);
  });

  it('are bounded for one address, and a closed one makes room', async () => {
    const { deps, slug } = await makeBoard();
    const { listen } = await serve(deps);
    const path = `/competitions/${slug}/events`;
    const streams = [];
    for (let n = 0; n < 8; n++) streams.push(await listen(path));
    expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200));
    const refused = await listen(path);
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('5');
    streams[0]?.close();
    let status = 429;
    while (status === 429) {
      const stream = await listen(path);
      ({ status } = stream);
    }
    expect(status).toBe(200);
  });

  it('end when the server stops', async () => {
    const { deps, slug } = await makeBoard();
    const { listen, stopping, server } = await serve(deps);
    const stream = await listen(`/competitions/${slug}/events`);
    await stream.until(/event: state/u);
    const closed = once(server, 'close');
    server.close();
    stopping.abort();
    await stream.ended;
    await closed;
    expect(stream.text()).not.toContain('changed');
  });
});

describe('the events of a submission', () => {
  it('tell its own team the state, and nobody else that it is there', async () => {
    const { deps, phase_id } = await makeBoard();
    const { app, listen } = await serve(deps);
    const visitor = makeVisitor(deps, app);
    await visitor.signUp('Ada', 'ada@certamen.example');
    const ada = await findSessionUser(deps, visitor.cookies().split('=')[1] ?? '');
    if (ada === null) throw new Error('the visitor is nobody');
    const { submission_id, evaluation_id } = await makeSubmission(deps, { phase_id, user: ada });
    const path = `/submissions/${submission_id}/events`;
    expect((await listen(path)).status).toBe(404);
    const stream = await listen(path, visitor.cookies());
    await stream.until(/event: state\ndata: \{"status":"queued"\}\n\n/u);
    const started_at = deps.clock.now().toISOString();
    await updateEvaluationRunning(deps.db, { id: evaluation_id, attempt: 1, started_at });
    const text = await stream.until(/event: changed\ndata: .*\n\n/u);
    expect(text).toContain('event: changed\ndata: {"status":"running"}\n\n');
    // After the logout nothing more is said.
    await logOut(deps, visitor.cookies().split('=')[1] ?? '');
    await deps.db.updateTable('evaluations').set({ status: 'cancelled' }).execute();
    await stream.ended;
    expect(stream.text()).not.toContain('cancelled');
  });
});

describe('how far a run is', () => {
  it('is told where inputs are open, and else to those who audit: code could tell by it what it reads', async () => {
    const deps = await makeDeps();
    const live = createLive(deps, 3_600_000);
    const hidden = (yaml: string) =>
      yaml
        .replaceAll('share: inputs', 'share: hidden')
        .replace(/^ +- predictions\n|, predictions/mu, '');
    for (const [edit, isTold] of [
      [(yaml: string) => yaml, true],
      [hidden, false],
    ] as const) {
      const { phase_id, competition_id } = await makeCompetition(deps, { edit });
      const user = await makeUser(deps);
      const roles = [{ scope: 'competition', scope_id: competition_id, role: 'instructor' }];
      const instructor = await makeUser(deps, { roles });
      const { submission_id, evaluation_id } = await makeSubmission(deps, { phase_id, user });
      const run = { id: evaluation_id, attempt: 1 };
      const started_at = deps.clock.now().toISOString();
      await updateEvaluationRunning(deps.db, { ...run, started_at });
      const heard = { entrant: 0, instructor: 0 };
      for (const [who, viewer] of [
        ['entrant', user],
        ['instructor', instructor],
      ] as const) {
        const topic = await submissionTopic(deps, { submission_id, viewer });
        const known = await readLiveState(deps, { topic, viewer });
        onTestFinished(live.watch(topic, known, () => (heard[who] += 1)));
      }
      await live.poll();
      const progress = { done: 500, total: 2000 };
      await updateEvaluationProgress(deps.db, {
        ...run,
        progress_done: progress.done,
        progress_total: progress.total,
      });
      await live.poll();
      expect(heard).toEqual({ entrant: isTold ? 1 : 0, instructor: 1 });
      const read = async (viewer: typeof user) =>
        (await readResult(deps, { submission_id, viewer })).progress;
      expect(await read(user)).toEqual(isTold ? progress : null);
      expect(await read(instructor)).toEqual(progress);
    }
  });
});

describe('the one poll for all', () => {
  it('tells each listener once for each change, and rests when nobody listens', async () => {
    const { deps, phase_id, score } = await makeBoard();
    const live = createLive(deps, 3_600_000);
    const heard: string[] = [];
    const stops = [1, 2].map((n) =>
      live.watch({ kind: 'board', id: phase_id }, '0', (state) => heard.push(`${n}: ${state}`)),
    );
    expect(live.watched).toBe(1);
    await live.poll();
    expect(heard).toEqual([]);
    await score(10);
    await live.poll();
    await live.poll();
    expect(heard).toEqual(['1: 1', '2: 1']);
    // Who joins late and knows an older state is told, too.
    stops.push(
      live.watch({ kind: 'board', id: phase_id }, '0', (state) => heard.push(`3: ${state}`)),
    );
    await live.poll();
    expect(heard.slice(2)).toEqual(['3: 1']);
    for (const stop of stops) stop();
    expect(live.watched).toBe(0);
    await score(5);
    await live.poll();
    expect(heard).toHaveLength(3);
  });
});
