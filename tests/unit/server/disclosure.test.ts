import { describe, expect, it } from 'vitest';

import {
  EvaluationFailure,
  FAILURE_CODES,
  FAILURE_REASONS,
  type FailureReason,
} from '../../../sandbox/failure.ts';
import { withoutRunText } from '../../../server/services/disclosure.ts';
import { failureText } from '../../../views/failure-text.ts';

const reasons = Object.keys(FAILURE_REASONS) as FailureReason[];
/** Of which a submission chooses the value while it runs. */
const THEIRS = { detail: 'marker', received: 'marker', signal: 'marker', name: 'marker' };

describe('a failure after the first row', () => {
  it.each(reasons)('tells its entrant nothing that the run could have written: %s', (reason) => {
    const params = { ...THEIRS, what: 'marker', lane: 'marker' };
    const { failure } = new EvaluationFailure(reason, params);
    const shown = withoutRunText(failure, true);
    expect(JSON.stringify(shown)).not.toContain('marker');
    expect(shown.kind).toBe(failure.kind);
    for (const language of ['en', 'es'] as const) {
      expect(failureText(shown, language).text).not.toContain('marker');
    }
  });

  it.each([
    'engine-run',
    'code-run',
    'code-output',
    'code-too-many-calls',
    'code-too-many-bytes',
    'crashed',
    'split-data',
    'sandbox-start',
  ] as const)('still has a whole sentence: %s', (reason) => {
    const { failure } = new EvaluationFailure(reason, THEIRS);
    for (const language of ['en', 'es'] as const) {
      expect(failureText(withoutRunText(failure, true), language).text).not.toContain('…');
    }
  });
});

describe('a reason that cannot come after the first row', () => {
  it.each(['csv-value', 'not-onnx', 'engine-load', 'input-shape'] as const)(
    'is made up by the child, and shown as any broken answer: %s',
    (reason) => {
      const { failure } = new EvaluationFailure(reason, { file: 'marker' });
      expect(withoutRunText(failure, true)).toEqual(
        new EvaluationFailure('output-protocol').failure,
      );
    },
  );
});

describe('a failure before the first row', () => {
  it('explains itself where it is the submission’s, and keeps our details where it is not', () => {
    for (const reason of reasons) {
      const { failure } = new EvaluationFailure(reason, THEIRS);
      const isTheirs = FAILURE_CODES[failure.code] === 'submission';
      expect(withoutRunText(failure, false).params).toEqual(isTheirs ? failure.params : {});
    }
  });
});
