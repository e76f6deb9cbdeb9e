import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseLabelsCsv, parseRowsCsv } from '../../../../tasks/data/csv.ts';

describe('parseLabelsCsv', () => {
  it('reads labels with and without ids, whatever the line ends and quotes', () => {
    expect(parseLabelsCsv('\ufefflabel\r\n"a"\r\nb\r\n')).toEqual({
      ids: null,
      labels: ['a', 'b'],
    });
    expect(parseLabelsCsv('label,id\na,1\nb,02\n')).toEqual({
      ids: ['1', '02'],
      labels: ['a', 'b'],
    });
  });

  it('says that commas are needed where cells are separated by something else', () => {
    for (const text of ['id;label\n1;a\n', 'id\tlabel\n1\ta\n']) {
      expect(() => parseLabelsCsv(text)).toThrow(/save it with commas/);
      expect(() => parseRowsCsv(text)).toThrow(/save it with commas/);
    }
    expect(parseRowsCsv('a, b\n1,2\n')).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ]);
  });

  it('asks for a label column', () => {
    expect(() => parseLabelsCsv('id,class\n1,a\n')).toThrow(/column "label"/);
  });

  it('names the line it cannot read and quotes nothing of it, its cause included', () => {
    let error: unknown;
    try {
      parseLabelsCsv('id,label\n1,secret\n2,secret,secret\n');
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({
      message: 'the CSV cannot be read near line 3: not as many cells as in the first line',
    });
    expect(inspect(error, { depth: 9 })).not.toContain('secret');
  });
});
