import { describe, expect, it } from 'vitest';

import {
  differenceFigure,
  figure,
  metricHref,
  metricName,
  metricSentence,
  presentMetrics,
  sentences,
} from '../../../server/presenters/metrics.ts';
import { listMetrics } from '../../../server/services/metrics.ts';

const NARROW = '\u202f';
const FULL = '\u00a0';

describe('figure', () => {
  it('writes rates as percent with two decimals, as the language does', () => {
    expect(figure('en', 'top1_error', 0.05)).toEqual({
      number: '5.00',
      unit: '%',
      text: `5.00${NARROW}%`,
    });
    expect(figure('es', 'top1_error', 0.05678).text).toBe(`5,68${NARROW}%`);
    // Word error rates go past one.
    expect(figure('en', 'wer', 1.25).text).toBe(`125.00${NARROW}%`);
  });

  it('writes decibels with two decimals and their unit', () => {
    expect(figure('en', 'psnr', 31.4159).text).toBe(`31.42${NARROW}dB`);
    expect(figure('es', 'psnr', 31.4159).text).toBe(`31,42${NARROW}dB`);
    expect(figure('en', 'psnr', Infinity).text).toBe(`∞${NARROW}dB`);
  });

  it.each([
    [0.123456, '0.1235'],
    [-0.5, '-0.5000'],
    [12.3456, '12.346'],
    [987.654, '987.65'],
    [12_345.678, '12,346'],
    [1_234_567, '1,234,567'],
  ])('writes the plain number %d with five digits', (value, text) => {
    expect(figure('en', 'a metric of tomorrow', value)).toEqual({ number: text, unit: '', text });
  });

  it('says "not defined" for a score that is not defined', () => {
    expect(figure('en', 'top1_error', null).text).toBe('not defined');
    expect(figure('es', 'psnr', null).text).toBe('sin definir');
  });
});

describe('differenceFigure', () => {
  it('writes differences of rates in percentage points with a real minus', () => {
    expect(differenceFigure('en', 'top1_error', -0.0123).text).toBe(
      `−1.23${FULL}percentage points`,
    );
    expect(differenceFigure('es', 'top1_error', 0.5).text).toBe(`50,00${FULL}puntos porcentuales`);
  });

  it('never writes a negative zero', () => {
    expect(differenceFigure('en', 'top1_error', -0).number).toBe('0.00');
    expect(differenceFigure('en', 'top1_error', -0.00001).number).toBe('0.00');
  });

  it('writes other differences in the unit of the metric', () => {
    expect(differenceFigure('en', 'psnr', -2.5).text).toBe(`−2.50${FULL}dB`);
    expect(differenceFigure('en', 'cohen_kappa', 0.25).text).toBe('0.2500');
  });
});

describe('the name of a metric', () => {
  it('is the title of the registry, short where the board has a short one', () => {
    expect(metricName('en', 'top1_error')).toBe('Top-1 error');
    expect(metricName('es', 'top1_error')).toBe('Error top-1');
    expect(metricName('en', 'top1_error', 'short')).toBe('Top-1');
    expect(metricName('en', 'psnr', 'short')).toBe(metricName('en', 'psnr'));
  });

  it('stands for itself, without a page, where the registry does not have it', () => {
    expect(metricName('en', 'gone')).toBe('gone');
    expect(metricHref('gone')).toBeNull();
    expect(metricSentence('en', 'gone')).toBe('');
    expect(metricHref('psnr')).toBe('/metrics/psnr');
  });
});

describe('sentences', () => {
  it('end at the end of a sentence and not at a number or a formula', () => {
    expect(sentences('en', 'The mean, e.g. 0.5 of L = 3. Nothing else: 1 - 0.5.')).toEqual([
      'The mean, e.g. 0.5 of L = 3.',
      'Nothing else: 1 - 0.5.',
    ]);
    expect(sentences('en', 'As in Guo et al. 2017. Ends in Guo et al. Goes on.')).toEqual([
      'As in Guo et al. 2017.',
      'Ends in Guo et al.',
      'Goes on.',
    ]);
  });
});

describe('the list of metrics', () => {
  const all = listMetrics();
  const found = (language: 'en' | 'es', words: string, domain = '') =>
    presentMetrics(language, all, { words, domain }).groups.flatMap(({ items }) =>
      items.map(({ name }) => name),
    );

  it('holds every metric once, by domain', () => {
    expect(found('en', '')).toEqual(all.map(({ name }) => name));
    const { groups, total, filtered } = presentMetrics('en', all, { words: '', domain: '' });
    expect(total).toBe(all.length);
    expect(filtered).toBe(false);
    expect(groups.map(({ id }) => id)).toEqual([...new Set(all.map(({ domain }) => domain))]);
  });

  it('is searched by every word, whatever case and accents', () => {
    expect(found('en', 'WER')).toContain('wer');
    expect(found('en', 'word   jiwer')).toEqual(['wer_jiwer']);
    expect(found('es', 'senal-ruido')).toContain('psnr');
    expect(found('es', 'SEÑAL')).toContain('psnr');
    expect(found('en', 'word nonsense')).toEqual([]);
  });

  it('is narrowed to a domain', () => {
    const images = all.filter(({ domain }) => domain === 'image').map(({ name }) => name);
    expect(found('en', '', 'image')).toEqual(images);
  });
});
