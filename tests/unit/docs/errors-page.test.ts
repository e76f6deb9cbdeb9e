import path from 'node:path';

import { describe, expect, it } from 'vitest';

import {
  FAILURE_CODES,
  FAILURE_REASONS,
  type FailureCode,
  type FailureReason,
} from '../../../sandbox/failure.ts';
import { ERROR_CATALOGUE, FIELD_PROBLEMS, type ErrorCode } from '../../../server/errors.ts';
import { en } from '../../../views/locales/en.ts';
import { es } from '../../../views/locales/es.ts';

const PAGE = path.resolve(import.meta.dirname, '../../../docs/reference/errors.md');

const errorCodes = Object.keys(ERROR_CATALOGUE) as ErrorCode[];
const reasons = Object.keys(FAILURE_REASONS) as FailureReason[];
const failureCodes = Object.keys(FAILURE_CODES) as FailureCode[];

function row(...cells: (string | number)[]): string {
  return `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
}

/** The page, made from the catalogues. */
function renderPage(): string {
  const kinds = {
    submission: 'the entrant’s: shown to the entrant, never tried again',
    task: 'the organizer’s: never tried again, costs no quota',
    system: 'ours: tried again with growing waits, costs no quota',
  };
  return `# Errors and failures

An **error** answers a request. In the API it is \`{ "error": { "code", "message", "id" } }\`. A **failure** ends an
evaluation. Codes are stable; sentences may change. \`{name}\` is a parameter.

This page is made from the catalogues of codes and sentences by \`npx vitest run -u tests/unit/docs\`.

## Errors

<!-- prettier-ignore -->
${[
  row('Code', 'Status', 'Means', 'Next step'),
  row('---', '---', '---', '---'),
  ...errorCodes.map((code) =>
    row(`\`${code}\``, ERROR_CATALOGUE[code], en[`error.${code}.text`], en[`error.${code}.next`]),
  ),
].join('\n')}

## Failures

A failure has a kind, a code and a reason.

<!-- prettier-ignore -->
${[
  row('Kind', 'Whose fault'),
  row('---', '---'),
  ...Object.entries(kinds).map(([kind, whose]) => row(`\`${kind}\``, whose)),
].join('\n')}

<!-- prettier-ignore -->
${[
  row('Code', 'Kind', 'Reason', 'Means', 'Next step'),
  row('---', '---', '---', '---', '---'),
  ...reasons.map((reason) => {
    const code = FAILURE_REASONS[reason];
    const text = en[`failure.${reason}.text`];
    return row(
      `\`${code}\``,
      FAILURE_CODES[code],
      `\`${reason}\``,
      text,
      en[`failure.${reason}.next`],
    );
  }),
].join('\n')}
`;
}

describe('the reference page of errors', () => {
  it('lists every code and reason with the sentences that people read', async () => {
    await expect(renderPage()).toMatchFileSnapshot(PAGE);
  });
});

describe('the catalogues', () => {
  it('have a sentence and a next step for every error and failure, in both languages', () => {
    for (const [language, catalogue] of Object.entries({ en, es })) {
      const keys = [
        ...errorCodes.flatMap((code) => [`error.${code}.text`, `error.${code}.next`]),
        ...reasons.flatMap((reason) => [`failure.${reason}.text`, `failure.${reason}.next`]),
        ...FIELD_PROBLEMS.map((problem) => `field.${problem}`),
      ];
      const missing = keys.filter((key) => !Object.hasOwn(catalogue, key));
      expect(missing, language).toEqual([]);
    }
  });

  it('have no sentence for a code or reason that does not exist', () => {
    const codeOf = (key: string) => /^(error|failure)\.([^.]+)\.(text|next)$/u.exec(key);
    const unknown = Object.keys(en).filter((key) => {
      const [, catalogue, name = ''] = codeOf(key) ?? [];
      if (catalogue === 'error') return !Object.hasOwn(ERROR_CATALOGUE, name);
      return catalogue === 'failure' && !Object.hasOwn(FAILURE_REASONS, name);
    });
    expect(unknown).toEqual([]);
  });

  it('use every failure code', () => {
    const used = new Set<FailureCode>(Object.values(FAILURE_REASONS));
    expect(failureCodes.filter((code) => !used.has(code))).toEqual([]);
  });

  it('answer errors with an error status', () => {
    for (const code of errorCodes) {
      expect(ERROR_CATALOGUE[code], code).toBeGreaterThanOrEqual(400);
      expect(ERROR_CATALOGUE[code], code).toBeLessThan(600);
    }
  });
});
