import { EvaluationFailure } from '../sandbox/failure.ts';
import type { ClassPredictions } from '../scoring/metric.ts';
import { imageClassification } from './image-classification.ts';
import type { TaskKind } from './task.ts';

const KINDS: ReadonlyMap<string, TaskKind<ClassPredictions>> = new Map(
  [imageClassification].map((kind) => [kind.name, kind]),
);

export const KIND_NAMES: readonly string[] = [...KINDS.keys()];

/** @throws EvaluationFailure `task-invalid`, listing the kinds there are. */
export function getKind(name: string): TaskKind<ClassPredictions> {
  const kind = KINDS.get(name);
  if (kind === undefined) {
    throw new EvaluationFailure('task-invalid', {
      file: 'task.yaml',
      key: 'kind',
      expected: `one of ${KIND_NAMES.join(', ')}`,
      received: name,
    });
  }
  return kind;
}
