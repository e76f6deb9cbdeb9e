import type { Task, TaskSpec } from '../../tasks/task.ts';
import type { Deps } from '../deps.ts';

/** Opens the folder, preparing its data when missing, and stores task and version if they are new. */
export declare function registerTask(
  deps: Deps,
  input: { folder: string; onProgress?: (message: string) => void },
): Promise<{ task_id: string; task_version_id: string; spec: TaskSpec }>;
/** Cached. For downloads and for evaluations. @throws EvaluationFailure task-invalid when the folder is not of that version any more. */
export declare function openTask(deps: Deps, taskVersionId: string): Promise<Task>;
