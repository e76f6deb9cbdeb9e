import { loadArtifact } from '../../sandbox/runners/load.ts';
import type { ArtifactFile } from '../../sandbox/request.ts';
import type { LoadOptions, LoadedInChild, Runner } from '../../sandbox/runner.ts';
import type { PredictionsTable } from '../../sandbox/model.ts';

export const OPTIONS: LoadOptions = {
  accepts: ['onnx', 'tfjs', 'predictions'],
  threads: 1,
  limits: { artifact_mb: 16, memory_mb: 1024, wall_ms: 30_000 },
};

export function load(...files: ArtifactFile[]): Promise<LoadedInChild> {
  return loadArtifact(files, OPTIONS);
}

export async function loadModel(...files: ArtifactFile[]): Promise<Runner> {
  const loaded = await load(...files);
  if (loaded.kind !== 'model') throw new Error('not a model');
  return loaded.runner;
}

export async function loadTable(...files: ArtifactFile[]): Promise<PredictionsTable> {
  const loaded = await load(...files);
  if (loaded.kind !== 'predictions') throw new Error('not a predictions file');
  return loaded.table;
}

export function file(name: string, content: Uint8Array | string): ArtifactFile {
  return { name, bytes: typeof content === 'string' ? new TextEncoder().encode(content) : content };
}
