import { describe, expect, it } from 'vitest';
import { ONNX_LIMITS } from '../../../sandbox/artifacts/onnx-check.ts';
import { CSV_LIMITS } from '../../../sandbox/artifacts/predictions-csv.ts';
import { TFJS_LIMITS } from '../../../sandbox/artifacts/tfjs-check.ts';
import { EvaluationFailure } from '../../../sandbox/failure.ts';
import { failureText } from '../../../views/failure-text.ts';
import { isMessageKey } from '../../../views/language.ts';

const LIMITS = [
  ...[...Object.keys(ONNX_LIMITS), 'bytes', 'elements', 'rank'].map((what) => [
    'onnx-too-complex',
    what,
  ]),
  ...[...Object.keys(TFJS_LIMITS), 'parameters'].map((what) => ['tfjs-too-complex', what]),
  ...Object.keys(CSV_LIMITS).map((what) => ['csv-too-large', what]),
] as ['onnx-too-complex' | 'tfjs-too-complex' | 'csv-too-large', string][];

describe('the text of a limit', () => {
  it.each(LIMITS)('has words for %s: %s', (_reason, what) => {
    expect(isMessageKey(`limit.${what}`)).toBe(true);
  });

  it('speaks the language of the page', () => {
    const { failure } = new EvaluationFailure('onnx-too-complex', {
      what: 'nodes',
      limit: 100_000,
    });
    expect(failureText(failure, 'en').text).toContain('at most 100,000 nodes');
    expect(failureText(failure, 'es').text).toContain('como mucho 100.000 nodos');
  });
});
