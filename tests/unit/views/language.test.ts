import { describe, expect, it } from 'vitest';

import {
  formatNumber,
  preferredLanguage,
  translate,
  translateCount,
} from '../../../views/language.ts';

describe('translate', () => {
  it('fills in parameters, numbers as the language writes them', () => {
    const params = { errors: 10, rows: 12_345 };
    expect(translate('en', 'submission.errors_line', params)).toBe('10 of 12,345 images wrong');
    expect(translate('es', 'submission.errors_line', params)).toBe('10 de 12.345 imágenes mal');
  });

  it('shows a missing parameter as an ellipsis and never an inherited one', () => {
    expect(translate('en', 'failure.empty-file.text', {})).toBe('The file … is empty.');
    expect(translate('en', 'failure.empty-file.text', { file: '{file} $& {limit}' })).toBe(
      'The file {file} $& {limit} is empty.',
    );
  });

  it('chooses the form that a number asks for', () => {
    expect(translateCount('en', 'board.total', 1)).toBe('1 ranked entry');
    expect(translateCount('en', 'board.total', 0)).toBe('0 ranked entries');
    expect(translateCount('es', 'submit.quota_left', 1)).toBe('Te queda 1 envío hoy');
    expect(translateCount('es', 'submit.quota_left', 1_000_000)).toBe(
      'Te quedan 1.000.000 envíos hoy',
    );
  });
});

describe('formatNumber', () => {
  it('keeps small rates', () => {
    expect(formatNumber('en', 0.000125)).toBe('0.000125');
    expect(formatNumber('es', 0.5)).toBe('0,5');
  });
});

describe('preferredLanguage', () => {
  it.each([
    [undefined, 'en'],
    ['', 'en'],
    ['es', 'es'],
    ['ES-mx', 'es'],
    ['en;q=0.5, es;q=0.6', 'es'],
    ['es;q=0, *', 'en'],
    ['fr, de', 'en'],
    [';;,,=;q=', 'en'],
    ['__proto__, constructor', 'en'],
  ])('reads %s as %s', (header, language) => {
    expect(preferredLanguage(header)).toBe(language);
  });
});
