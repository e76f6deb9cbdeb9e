// A loop of 2^40 turns: it has an end that nobody lives to see.
// expect: TIME_LIMIT
import { BOOL, FLOAT, INT64, attribute, graph, node, tensor, value } from '../../make-onnx.ts';
import { upload } from './upload.ts';

const body = graph({
  nodes: [
    node('Identity', ['go'], ['go_on']),
    node('Abs', ['state'], ['positive']),
    node('Sqrt', ['positive'], ['next']),
  ],
  inputs: [value('i', INT64, []), value('go', BOOL, []), value('state', FLOAT, ['N', 2])],
  outputs: [value('go_on', BOOL, []), value('next', FLOAT, ['N', 2])],
});

export const files = upload(
  [node('Loop', ['turns', '', 'x'], ['y'], { attributes: [attribute('body', { graph: body })] })],
  [tensor({ name: 'turns', type: INT64, int64s: [2n ** 40n] })],
);
