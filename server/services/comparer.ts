/**
 * Comparisons by resampling, in a thread of their own: of many items and a wide metric one takes seconds, in which
 * the site would answer nobody. One at a time, few waiting, and what was compared once is remembered.
 */
import path from 'node:path';
import { Worker } from 'node:worker_threads';

import type { ItemStatistics } from '../../scoring/metric.ts';
import type { Comparison } from '../../scoring/statistics/compare.ts';
import { AppError } from '../errors.ts';
import { LeastRecent } from '../lib/lru.ts';

export interface Question {
  readonly id: number;
  readonly metric: string;
  readonly a: ItemStatistics;
  readonly b: ItemStatistics;
  readonly replicates: number;
  readonly seed: number;
}

export type Answer =
  | { readonly id: number; readonly compared: Comparison }
  | { readonly id: number; readonly error: string };

const THREAD = path.join(import.meta.dirname, 'compare-thread.ts');
/** Comparisons that run or wait; more are refused. */
export const MOST_COMPARISONS_WAITING = 8;
const RETRY_AFTER_S = 10;
const MOST_REMEMBERED = 1_000;

interface Waiting {
  readonly resolve: (compared: Comparison) => void;
  readonly reject: (error: Error) => void;
}

const remembered = new LeastRecent<Promise<Comparison>>(MOST_REMEMBERED);
const waiting = new Map<number, Waiting>();
let thread: Worker | null = null;
let asked = 0;

/**
 * @param key names everything that the result depends on: it is computed once.
 * @throws AppError TOO_MANY_REQUESTS while so many others wait.
 */
export function compareInThread(key: string, question: Omit<Question, 'id'>): Promise<Comparison> {
  const known = remembered.get(key);
  if (known !== undefined) return known;
  if (waiting.size >= MOST_COMPARISONS_WAITING) {
    throw new AppError('TOO_MANY_REQUESTS', { params: { retry_after_s: RETRY_AFTER_S } });
  }
  const compared = ask(question);
  remembered.set(key, compared);
  compared.catch(() => remembered.delete(key));
  return compared;
}

function ask(question: Omit<Question, 'id'>): Promise<Comparison> {
  const id = ++asked;
  const { promise, resolve, reject } = Promise.withResolvers<Comparison>();
  waiting.set(id, { resolve, reject });
  thread ??= start();
  // It keeps the process only while somebody waits.
  thread.ref();
  thread.postMessage({ id, ...question } satisfies Question);
  return promise;
}

function start(): Worker {
  const started = new Worker(THREAD);
  const fail = (error: Error) => {
    if (thread === started) thread = null;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  started.on('message', (answer: Answer) => {
    const one = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (waiting.size === 0) started.unref();
    if ('compared' in answer) one?.resolve(answer.compared);
    else one?.reject(new Error(`a comparison failed: ${answer.error}`));
  });
  started.on('error', fail);
  started.on('exit', (code) => fail(new Error(`the thread of comparisons ended with ${code}`)));
  return started;
}
