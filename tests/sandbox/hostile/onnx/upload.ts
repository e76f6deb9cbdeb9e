/** One ONNX file from `x` to `y`, both float32 `[N, 2]`. */
import type { WireWriter } from '../../../../sandbox/artifacts/wire.ts';
import type { ArtifactFile } from '../../../../sandbox/request.ts';
import { FLOAT, graph, model, value } from '../../make-onnx.ts';

export function upload(
  nodes: readonly WireWriter[],
  initializers: readonly WireWriter[] = [],
): readonly ArtifactFile[] {
  const bytes = model(
    graph({
      nodes,
      initializers,
      inputs: [value('x', FLOAT, ['N', 2])],
      outputs: [value('y', FLOAT, ['N', 2])],
    }),
  );
  return [{ name: 'model.onnx', bytes }];
}
