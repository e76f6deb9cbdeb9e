/**
 * Pages of leaderboards, kept in memory as compressed bytes for visitors without an account: they all see the
 * same. A page is answered from here while nothing that it shows has changed, which is asked of the database at
 * most every few milliseconds and not with each request.
 */
import { createHash } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import { gzipSync } from 'node:zlib';

import type { Request, RequestHandler, Response } from 'express';

import type { Deps } from '../deps.ts';
import { LeastRecent } from '../lib/lru.ts';
import { readBoardStamp } from '../services/board-stamps.ts';
import { readAnonymous } from './context.ts';

/** `/competitions/SLUG/leaderboard`, with or without a query. */
const BOARD = /^\/competitions\/([a-z0-9-]{1,100})\/leaderboard(?:\?|$)/u;
const MOST_PAGES = 200;
const MOST_BOARDS = 200;
/** A page says how long ago things were, and names may change without a score: it is made anew this often. */
const PAGE_MS = 30_000;
const REMAKE_MS = 1_000;
const LONGEST_URL = 400;

interface KeptPage {
  readonly stamp: string;
  readonly made_at: number;
  readonly etag: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

interface KnownStamp {
  readonly stamp: string | null;
  readonly read_at: number;
}

/** Comes before the limits on requests: what it answers costs less than counting it. */
export function cacheBoards(deps: Deps): RequestHandler {
  const stampMs = deps.config.BOARD_CACHE_MS;
  const pages = new LeastRecent<KeptPage>(MOST_PAGES);
  const stamps = new LeastRecent<KnownStamp>(MOST_BOARDS);

  async function stampOf(slug: string, now: number): Promise<string | null> {
    const known = stamps.get(slug);
    if (known !== undefined && now - known.read_at < stampMs) return known.stamp;
    const stamp = await readBoardStamp(deps, slug);
    // Whatever addresses people make up, only boards that are there are remembered.
    if (stamp === null) stamps.delete(slug);
    else stamps.set(slug, { stamp, read_at: now });
    return stamp;
  }

  return async (req, res, next) => {
    const slug = stampMs === 0 || req.method !== 'GET' ? undefined : BOARD.exec(req.url)?.[1];
    const reader =
      slug === undefined || req.url.length > LONGEST_URL ? null : readAnonymous(deps, req);
    if (slug === undefined || reader === null || !acceptsGzip(req)) {
      next();
      return;
    }
    const now = performance.now();
    const stamp = await stampOf(slug, now);
    if (stamp === null) {
      next();
      return;
    }
    const key = `${reader.language} ${reader.theme ?? 'auto'} ${req.url}`;
    const page = pages.get(key);
    if (page?.stamp === stamp) {
      if (now - page.made_at < PAGE_MS) {
        answer(req, res, page);
        return;
      }
      // This request makes it anew; those that come meanwhile are answered with the old one.
      pages.set(key, { ...page, made_at: now - PAGE_MS + REMAKE_MS });
    }
    keepAnswer(res, (html) => {
      const etag = `W/"${createHash('sha256').update(html).digest('base64url').slice(0, 27)}"`;
      res.set('ETag', etag);
      res.vary('Accept-Encoding');
      const headers = headersToKeep(res);
      pages.set(key, { stamp, made_at: now, etag, headers, body: gzipSync(html) });
    });
    next();
  };
}

function acceptsGzip(req: Request): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/u.test(req.headers['accept-encoding'] ?? '');
}

function answer(req: Request, res: Response, page: KeptPage): void {
  if (req.headers['if-none-match'] === page.etag) {
    res.writeHead(304, page.headers).end();
    return;
  }
  res
    .writeHead(200, {
      ...page.headers,
      'content-encoding': 'gzip',
      'content-length': page.body.byteLength,
    })
    .end(page.body);
}

/** Everything that was decided for the page, and nothing that was for this one visitor. */
function headersToKeep(res: Response): OutgoingHttpHeaders {
  return Object.fromEntries(
    Object.entries(res.getHeaders()).filter(
      ([name]) =>
        !name.startsWith('ratelimit') && name !== 'set-cookie' && name !== 'content-length',
    ),
  );
}

/** Calls `keep` with a page that is sent in full, before it is sent. */
function keepAnswer(res: Response, keep: (html: string) => void): void {
  const send = res.send.bind(res);
  res.send = (body?: unknown) => {
    res.send = send;
    const isPage = res.statusCode === 200 && typeof body === 'string';
    if (isPage && res.getHeader('set-cookie') === undefined) keep(body);
    return send(body);
  };
}
