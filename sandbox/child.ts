/** Entry of the sandboxed child. Thin, so that it is ready soon: an engine is imported when it is needed. */
import { serve } from './serve.ts';

await serve(async (files, options) => {
  const { loadArtifact } = await import('./runners/load.ts');
  return await loadArtifact(files, options);
});
