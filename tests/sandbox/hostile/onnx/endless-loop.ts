// A Loop whose condition never becomes false.
// expect: TIME_LIMIT
import { BOOL, FLOAT, INT64, attribute, graph, node, tensor, value } from '../../make-onnx.ts';
import { upload } from './upload.ts';

const body = graph({
  nodes: [node('Identity', ['go'], ['go_on']), node('Identity', ['state'], ['next'])],
  inputs: [value('i', INT64, []), value('go', BOOL, []), value('state', FLOAT, ['N', 2])],
  outputs: [value('go_on', BOOL, []), value('next', FLOAT, ['N', 2])],
});

export const files = upload(
  [node('Loop', ['', 'true', 'x'], ['y'], { attributes: [attribute('body', { graph: body })] })],
  [tensor({ name: 'true', type: BOOL, raw: Uint8Array.of(1) })],
);
