import { expect } from 'vitest';
import { EvaluationFailure } from '../../sandbox/failure.ts';
import type { Failure, FailureReason } from '../../sandbox/failure.ts';

/** The failure that `act` ends in; the test fails when it ends well or with any other error. */
export async function failureOf(act: () => unknown): Promise<Failure> {
  try {
    await act();
  } catch (error) {
    if (error instanceof EvaluationFailure) return error.failure;
    throw error;
  }
  throw new Error('nothing failed');
}

export async function expectFailure(
  act: () => unknown,
  reason: FailureReason,
  params: Readonly<Record<string, string | number>> = {},
): Promise<void> {
  expect(await failureOf(act)).toMatchObject({ reason, params });
}
