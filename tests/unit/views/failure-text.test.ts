import { describe, expect, it } from 'vitest';

import {
  EvaluationFailure,
  FAILURE_REASONS,
  type FailureReason,
} from '../../../sandbox/failure.ts';
import { exportLines, failureMessage, failureText } from '../../../views/failure-text.ts';

describe('failureText', () => {
  it('states both sides and the next step in either language', () => {
    const { failure } = new EvaluationFailure('csv-row-columns', {
      row: 12,
      expected: 11,
      received: 10,
    });
    expect(failureText(failure, 'en')).toEqual({
      text: 'Row 12 has 10 columns instead of 11.',
      next: 'Give every row as many columns as the header.',
      code: null,
    });
    expect(failureText(failure, 'es').text).toBe('La fila 12 tiene 10 columnas en lugar de 11.');
  });

  it('adds both sides to a sentence that has no place for them, once', () => {
    const shape = { expected: '[N,10]', received: '[N,9]' };
    const { failure } = new EvaluationFailure('output-shape', shape);
    expect(failureMessage(failure, 'en')).toBe(
      'The model’s output does not fit the classes of this task. Expected [N,10]; received [N,9].',
    );
    expect(failureMessage(failure, 'es')).toContain(' Se esperaba [N,10]; ha llegado [N,9].');
    const row = new EvaluationFailure('csv-row-columns', { row: 12, expected: 11, received: 10 });
    expect(failureMessage(row.failure, 'en')).toBe(failureText(row.failure, 'en').text);
    const empty = new EvaluationFailure('empty-file', { file: 'a.onnx' });
    expect(failureMessage(empty.failure, 'en')).toBe('The file a.onnx is empty.');
  });

  it('names lanes and limits in its own language', () => {
    const lanes = new EvaluationFailure('lane-not-accepted', {
      lane: 'python',
      accepted: 'onnx, predictions',
    });
    expect(failureText(lanes.failure, 'en').text).toBe(
      'This task does not take Python; it takes ONNX and predictions CSV.',
    );
    expect(failureText(lanes.failure, 'es').text).toBe(
      'Esta tarea no acepta Python; acepta ONNX y CSV de predicciones.',
    );
    const limit = new EvaluationFailure('onnx-too-complex', { what: 'nodes', limit: 10_000 });
    expect(failureText(limit.failure, 'es').text).toContain('nodos');
  });

  it('speaks for every reason, also when it knows no parameters', () => {
    for (const reason of Object.keys(FAILURE_REASONS) as FailureReason[]) {
      const { failure } = new EvaluationFailure(reason);
      for (const language of ['en', 'es'] as const) {
        const { text, next } = failureText(failure, language);
        expect(text).toMatch(/\S/u);
        expect(next).toMatch(/\.$/u);
      }
    }
  });

  it.each(['.pt', '.pth', '.h5', '.keras', '.safetensors', '.pkl'])(
    'gives the lines that export a %s file',
    (extension) => {
      const { failure } = new EvaluationFailure('framework-weights', {
        file: `model${extension}`,
        extension,
      });
      const { code } = failureText(failure, 'en');
      expect(code).toContain(`"model${extension}"`);
      expect(code).toMatch(/onnx/u);
      expect(code).not.toContain('{extension}');
    },
  );

  it('gives no lines for an extension that it does not know', () => {
    expect(exportLines('.bin')).toBeNull();
    expect(exportLines('constructor')).toBeNull();
  });
});
