import {
  BOOL,
  FLOAT,
  INT64,
  attribute,
  bytesOf,
  graph,
  model,
  node,
  tensor,
  value,
} from '../sandbox/make-onnx.ts';

const PIXELS = 28 * 28;
const CLASSES = 10;

/**
 * A model for the digits that answers class 0 for each, after turning round as often as it is told for every
 * batch: as slow as a test wants it.
 *
 * @param turns null: without end.
 */
export function makeLoopModel(turns: number | null): Uint8Array {
  const zeros = Array.from({ length: PIXELS * CLASSES }, () => 0);
  const bias = Array.from({ length: CLASSES }, (_, k) => (k === 0 ? 1 : 0));
  const body = graph({
    nodes: [node('Identity', ['go'], ['go_on']), node('Add', ['state', 'bias'], ['next'])],
    inputs: [value('i', INT64, []), value('go', BOOL, []), value('state', FLOAT, ['N', CLASSES])],
    outputs: [value('go_on', BOOL, []), value('next', FLOAT, ['N', CLASSES])],
  });
  const limit = turns === null ? '' : 'turns';
  return model(
    graph({
      nodes: [
        node('MatMul', ['x', 'weights'], ['start']),
        node('Loop', [limit, 'true', 'start'], ['y'], {
          attributes: [attribute('body', { graph: body })],
        }),
      ],
      initializers: [
        tensor({ name: 'weights', dims: [PIXELS, CLASSES], floats: zeros }),
        tensor({ name: 'bias', dims: [CLASSES], floats: bias }),
        tensor({ name: 'true', type: BOOL, raw: Uint8Array.of(1) }),
        tensor({
          name: 'turns',
          type: INT64,
          raw: bytesOf(BigInt64Array.of(BigInt(turns ?? 0))),
        }),
      ],
      inputs: [value('x', FLOAT, ['N', PIXELS])],
      outputs: [value('y', FLOAT, ['N', CLASSES])],
    }),
  );
}
