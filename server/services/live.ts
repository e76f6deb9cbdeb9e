/**
 * Tells waiting pages that something changed: one poll a second of the database for everybody together, and
 * none while nobody waits. What is told is that it changed and the state that it is in; whoever wants to know
 * more asks the page.
 */
import type { Deps } from '../deps.ts';
import { listEvaluationStates } from '../models/evaluation-states.ts';
import { selectEvaluationOfSubmission } from '../models/evaluations.ts';
import { listBoardVersions } from '../models/phases.ts';
import type { Viewer } from './access.ts';
import { hasOpenProgress } from './disclosure.ts';
import { selectShownBoard } from './leaderboards.ts';
import { selectVisibleSubmission } from './submissions.ts';
import { readTaskSpec } from './tasks.ts';

/** What somebody waits for. */
export interface LiveTopic {
  /** `run`: a submission and how far its run is, for those who may know that. */
  readonly kind: 'board' | 'submission' | 'run';
  /** Of the phase, or of the submission. */
  readonly id: string;
}

/** A submission, with as much of its run as the viewer's page shows. @throws AppError as `selectVisibleSubmission`. */
export async function submissionTopic(
  deps: Deps,
  input: { submission_id: string; viewer: Viewer | null },
): Promise<LiveTopic> {
  const { submission, phase, audits } = await selectVisibleSubmission(deps, input);
  const { task_version_id } = await selectEvaluationOfSubmission(deps.db, submission.id);
  const { spec } = await readTaskSpec(deps, task_version_id);
  const seesRun = audits || hasOpenProgress(phase, spec);
  return { kind: seesRun ? 'run' : 'submission', id: submission.id };
}

/**
 * The state of a topic for a viewer who may see it: the version of a board, the status of a submission.
 *
 * @param input.split of the board; a viewer who may read none of them waits for nothing.
 * @throws AppError as `selectShownBoard` and `selectVisibleSubmission`.
 */
export async function readLiveState(
  deps: Deps,
  input: { topic: LiveTopic; split?: string | undefined; viewer: Viewer | null },
): Promise<string> {
  const { topic, split, viewer } = input;
  if (topic.kind === 'board') {
    const { phase } = await selectShownBoard(deps, { phase_id: topic.id, split, viewer });
    return String(phase.board_version);
  }
  const { submission } = await selectVisibleSubmission(deps, { submission_id: topic.id, viewer });
  return (await selectEvaluationOfSubmission(deps.db, submission.id)).status;
}

type Listener = (state: string) => void;

interface Watched {
  readonly topic: LiveTopic;
  /** With the state that each knows of. */
  readonly listeners: Map<Listener, string>;
  /** What the last poll found, also of what is not told; null before the first. */
  mark: string | null;
}

export interface Live {
  /** Calls the listener with the state after each change of what it knows. @returns how to stop it. */
  watch(topic: LiveTopic, known: string, listener: Listener): () => void;
  /** Looks once, as the clock would. */
  poll(): Promise<void>;
  readonly watched: number;
}

const POLL_MS = 1_000;
/** SQLite takes 32,766 parameters in a statement. */
const MOST_IDS = 10_000;

export function createLive(deps: Pick<Deps, 'db' | 'logger'>, pollMs = POLL_MS): Live {
  const topics = new Map<string, Watched>();
  let timer: NodeJS.Timeout | null = null;
  let polling: Promise<void> | null = null;

  async function look(): Promise<void> {
    const ids = (kind: LiveTopic['kind']) =>
      [...topics.values()]
        .filter(({ topic }) => topic.kind === kind)
        .map(({ topic }) => topic.id)
        .slice(0, MOST_IDS);
    const boards = await listBoardVersions(deps.db, ids('board'));
    const submissions = await listEvaluationStates(deps.db, [
      ...new Set([...ids('submission'), ...ids('run')]),
    ]);
    for (const [id, version] of boards) tell('board', id, String(version), String(version));
    for (const { submission_id, status, attempt, progress_done } of submissions) {
      tell('submission', submission_id, status, JSON.stringify([status, attempt]));
      tell('run', submission_id, status, JSON.stringify([status, attempt, progress_done]));
    }
  }

  function tell(kind: LiveTopic['kind'], id: string, state: string, mark: string): void {
    const watched = topics.get(`${kind} ${id}`);
    if (watched === undefined) return;
    const isNews = watched.mark !== null && watched.mark !== mark;
    watched.mark = mark;
    for (const [listener, known] of watched.listeners) {
      if (!isNews && known === state) continue;
      watched.listeners.set(listener, state);
      listener(state);
    }
  }

  function poll(): Promise<void> {
    // A slow database is not asked twice at once.
    polling ??= look()
      .catch((error: unknown) => deps.logger.warn({ err: error }, 'changes were not read'))
      .finally(() => (polling = null));
    return polling;
  }

  return {
    get watched() {
      return topics.size;
    },
    poll,
    watch(topic, known, listener) {
      const key = `${topic.kind} ${topic.id}`;
      const watched: Watched = topics.get(key) ?? {
        topic,
        listeners: new Map(),
        mark: null,
      };
      watched.listeners.set(listener, known);
      topics.set(key, watched);
      timer ??= setInterval(() => void poll(), pollMs).unref();
      return () => {
        watched.listeners.delete(listener);
        if (watched.listeners.size > 0) return;
        if (topics.get(key) === watched) topics.delete(key);
        if (topics.size > 0 || timer === null) return;
        clearInterval(timer);
        timer = null;
      };
    },
  };
}
