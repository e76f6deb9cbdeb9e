import { parsePredictions } from '../artifacts/predictions-csv.ts';
import type { ArtifactFile } from '../request.ts';
import type { LoadedInChild } from '../runner.ts';

/** A predictions file as a table; no model runs. */
export function loadPredictions(file: ArtifactFile): LoadedInChild {
  return {
    kind: 'predictions',
    table: parsePredictions(file),
    engine: { name: 'predictions', version: '1', provider: 'none', threads: 1 },
  };
}
