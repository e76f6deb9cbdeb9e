/** Server-sent events: a page that waits is told that something changed, and asks for the rest itself. */
import { Router, type Response } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';

import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';
import { pageContext } from '../middleware/context.ts';
import { findSessionUser } from '../services/accounts.ts';
import { createLive, readLiveState, submissionTopic, type LiveTopic } from '../services/live.ts';
import { findPlace, readText } from './competitions.ts';

/** Open streams of one account, or of one address without one: a page needs one. */
const MOST_OF_ONE = 8;
const MOST_OF_ALL = 1_000;
/** Keeps proxies from closing a stream that is silent. */
const HEARTBEAT_MS = 20_000;
/** A browser comes back by itself, and is asked anew who it is. */
const LONGEST_MS = 10 * 60_000;
const RETRY_MS = 5_000;
/** A reader who takes nothing is let go. */
const MOST_UNREAD_BYTES = 16 * 1024;

/** @param stopping aborted when the server stops: streams would keep it waiting. */
export function eventRoutes(deps: Deps, stopping: AbortSignal | null): Router {
  const router = Router();
  const live = createLive(deps);
  const open = new Map<string, number>();
  const closers = new Set<() => void>();
  stopping?.addEventListener('abort', () => {
    for (const close of closers) close();
  });

  router.get('/competitions/:slug/events', async (req, res) => {
    const { phase } = await findPlace(deps, req, res);
    await stream(req.ip, res, { kind: 'board', id: phase.id }, readText(req.query['split']));
  });

  router.get('/submissions/:id/events', async (req, res) => {
    const { viewer } = pageContext(res);
    await stream(
      req.ip,
      res,
      await submissionTopic(deps, { submission_id: req.params.id, viewer }),
    );
  });

  async function stream(
    address: string | undefined,
    res: Response,
    topic: LiveTopic,
    split?: string,
  ): Promise<void> {
    const { viewer, sessionToken } = pageContext(res);
    const first = await readLiveState(deps, { topic, split, viewer });
    const key = viewer === null ? ipKeyGenerator(address ?? '') : `user ${viewer.id}`;
    const count = open.get(key) ?? 0;
    if (count >= MOST_OF_ONE || closers.size >= MOST_OF_ALL || stopping?.aborted === true) {
      throw new AppError('TOO_MANY_REQUESTS', { params: { retry_after_s: RETRY_MS / 1000 } });
    }
    if (res.closed) return;
    res.set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'private, no-store',
      // nginx would wait for more.
      'X-Accel-Buffering': 'no',
    });
    if (res.req.method === 'HEAD') {
      res.end();
      return;
    }
    open.set(key, count + 1);

    const write = (text: string) => {
      res.write(text);
      if (res.writableLength > MOST_UNREAD_BYTES) res.destroy();
    };
    const tell = (event: 'state' | 'changed', state: string) => {
      const told = topic.kind === 'board' ? { version: Number(state) } : { status: state };
      write(`event: ${event}\ndata: ${JSON.stringify(told)}\n\n`);
    };
    const close = () => res.end();
    /** Whoever has logged out, or may not see it any more, hears nothing more. */
    const tellIfAllowed = async (state: string) => {
      try {
        const now = sessionToken === null ? null : await findSessionUser(deps, sessionToken);
        if (now?.id !== viewer?.id) throw new AppError('LOGIN_REQUIRED');
        await readLiveState(deps, { topic, split, viewer: now });
        if (!res.writableEnded) tell('changed', state);
      } catch {
        close();
      }
    };
    const stop = live.watch(topic, first, (state) => void tellIfAllowed(state));
    const heartbeat = setInterval(() => write(': still here\n\n'), HEARTBEAT_MS).unref();
    const end = setTimeout(close, LONGEST_MS).unref();
    closers.add(close);
    res.on('close', () => {
      stop();
      clearInterval(heartbeat);
      clearTimeout(end);
      closers.delete(close);
      const left = (open.get(key) ?? 1) - 1;
      if (left > 0) open.set(key, left);
      else open.delete(key);
    });
    write(`retry: ${RETRY_MS}\n\n`);
    tell('state', first);
  }

  return router;
}
