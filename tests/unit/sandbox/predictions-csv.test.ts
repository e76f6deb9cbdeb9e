import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CSV_LIMITS, parsePredictions } from '../../../sandbox/artifacts/predictions-csv.ts';
import type { PredictionsTable } from '../../../sandbox/model.ts';
import { expectFailure } from '../../sandbox/expect-failure.ts';
import { file } from '../../sandbox/load-options.ts';

function parse(content: string | Uint8Array): PredictionsTable {
  return parsePredictions(file('p.csv', content));
}

const SCORES = { columns: ['p0', 'p1'], ids: ['a', 'b'], labels: null, scores: [0.25, 0.75, 1, 0] };

describe('a predictions file', () => {
  it.each([
    ['plain', 'id,p0,p1\na,0.25,0.75\nb,1,0\n'],
    ['without a last newline', 'id,p0,p1\na,0.25,0.75\nb,1,0'],
    ['with empty lines at the end', 'id,p0,p1\na,0.25,0.75\nb,1,0\n\n\r\n'],
    ['with CRLF', 'id,p0,p1\r\na,0.25,0.75\r\nb,1,0\r\n'],
    ['with mixed line ends', 'id,p0,p1\r\na,0.25,0.75\nb,1,0\r\n'],
    ['with a byte order mark', '\ufeffid,p0,p1\na,0.25,0.75\nb,1,0\n'],
    ['with quotes', '"id","p0","p1"\n"a","0.25",0.75\n"b",1,"0"\n'],
    ['with exponents', 'id,p0,p1\na,2.5e-1,75E-2\nb,1e+0,0e9\n'],
    ['with bare points', 'id,p0,p1\na,.25,.75\nb,1.,-0\n'],
  ])('is read when it is %s', (_title, text) => {
    const table = parse(text);
    expect({ ...table, scores: [...(table.scores ?? [])].map((score) => score + 0) }).toEqual(
      SCORES,
    );
  });

  it('keeps ids and labels as exact texts', () => {
    const text = 'id,label\n03, 3\n9007199254740993,"a,b"\n__proto__,"say ""hi"""\n"x\ny",\n';
    expect(parse(text)).toEqual({
      columns: ['label'],
      ids: ['03', '9007199254740993', '__proto__', 'x\ny'],
      labels: [' 3', 'a,b', 'say "hi"', ''],
      scores: null,
    });
  });

  it('keeps columns in the order of the file', () => {
    expect(parse('id,cat,dog\na,1,2\n').columns).toEqual(['cat', 'dog']);
    expect(parse('id,p1,p0\na,1,2\n').columns).toEqual(['p1', 'p0']);
  });

  it('is no labels file when label is one of several columns', () => {
    expect(parse('id,label,other\na,1,2\n').labels).toBeNull();
  });

  it('reads back any table of finite numbers exactly', () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    const row = fc.tuple(fc.uuid(), fc.array(number, { minLength: 3, maxLength: 3 }));
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 40 }), (rows) => {
        const lines = rows.map(([id, values]) => [id, ...values.map(String)].join(','));
        const table = parse(['id,a,b,c', ...lines].join('\n'));
        expect(table.ids).toEqual(rows.map(([id]) => id));
        // -0 is written as 0.
        expect([...(table.scores ?? [])]).toEqual(
          rows.flatMap(([, values]) => values.map((x) => x + 0)),
        );
      }),
    );
  });

  it('reads back any text in quotes', () => {
    const text = fc
      .string({ unit: 'grapheme', maxLength: 20 })
      .filter((each) => !each.includes('\0'));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 10 }), (texts) => {
        const lines = texts.map((each) => `"${each.replaceAll('"', '""')}",x`);
        expect(parse(['id,label', ...lines].join('\n')).ids).toEqual(texts);
      }),
    );
  });

  it('ends in a table or a typed failure whatever the bytes are', () => {
    const noise = fc.string({
      unit: fc.constantFrom(
        'i',
        'd',
        ',',
        '"',
        '\r',
        '\n',
        '\t',
        ';',
        '0',
        '.',
        'e',
        '-',
        '\0',
        'é',
      ),
      maxLength: 60,
    });
    fc.assert(
      fc.property(noise, (text) => {
        try {
          parse(`id,label\n${text}`);
        } catch (error) {
          expect(error).toMatchObject({ failure: { code: 'BAD_PREDICTIONS' } });
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('may be large', () => {
    const header = ['id', ...Array.from({ length: 10 }, (_, index) => `p${index}`)].join(',');
    const rows = Array.from({ length: 10_000 }, (_, row) => `row-${row}${',0.1234567'.repeat(10)}`);
    const table = parse([header, ...rows].join('\n'));
    expect(table.ids).toHaveLength(10_000);
    expect(table.scores).toHaveLength(100_000);
  });
});

describe('a number in a predictions file', () => {
  it.each([
    'NaN',
    'nan',
    'Infinity',
    '-Infinity',
    'inf',
    '1e400',
    '-1e400',
    '0x1F',
    '0b1',
    '0o7',
    '1_000',
    '1 000',
    '',
    ' ',
    ' 1',
    '1 ',
    '\t1',
    '+1',
    '--1',
    '1e',
    'e5',
    '.',
    '-',
    '-.',
    '1.2.3',
    '1e5.5',
    '1f',
    '1n',
    '٣',
    '½',
    'true',
    'false',
    'null',
    'None',
    'undefined',
    '[]',
    '{}',
    '=1+1',
    '1%',
    '$1',
    "'1",
    '0,5',
    '<script>',
  ])('is refused: %j', async (cell) => {
    const text = `id,p0,p1\na,1,2\nb,3,"${cell}"\n`;
    await expectFailure(() => parse(text), 'csv-value', { row: 3, column: 'p1' });
  });

  it('is quoted back bounded and without control characters', async () => {
    const cell = `\u202e${'9'.repeat(500)}x`;
    const { failure } = await Promise.resolve()
      .then(() => parse(`id,p0\na,${cell}\n`))
      .then(() => ({ failure: null }))
      .catch((error: unknown) => error as { failure: { params: { value: string } } });
    expect(failure?.params.value.length).toBeLessThanOrEqual(160);
    expect(failure?.params.value).not.toContain('\u202e');
  });
});

describe('the form of a predictions file', () => {
  const UTF16 = Buffer.from('id,label\na,1\n', 'utf16le');

  it.each<[string, string | Uint8Array, Parameters<typeof expectFailure>[1], object]>([
    ['nothing', '', 'csv-empty', { file: 'p.csv' }],
    ['a byte order mark alone', '\ufeff', 'csv-empty', {}],
    ['empty lines alone', '\n\n\r\n', 'csv-empty', {}],
    ['a header alone', 'id,label\n', 'csv-empty', {}],
    ['invalid UTF-8', Uint8Array.of(0x69, 0x64, 0x2c, 0xff), 'csv-encoding', { file: 'p.csv' }],
    ['Latin-1', Buffer.from('id,label\na,ni\u00f1o\n', 'latin1'), 'csv-encoding', {}],
    ['UTF-16', UTF16, 'csv-encoding', {}],
    ['UTF-16 with its mark', Buffer.concat([Buffer.from([0xff, 0xfe]), UTF16]), 'csv-encoding', {}],
    ['a NUL', 'id,label\na,1\0\n', 'csv-encoding', {}],
    ['overlong UTF-8', Buffer.from([0x69, 0x64, 0x2c, 0xc0, 0xaf]), 'csv-encoding', {}],
    ['semicolons', 'id;label\na;1\n', 'csv-separator', { found: ';' }],
    ['semicolons and decimal commas', 'id;p0;p1\na;0,5;0,5\n', 'csv-separator', { found: ';' }],
    ['tabs', 'id\tlabel\na\t1\n', 'csv-separator', { found: '\\t' }],
    ['bars', 'id|label\na|1\n', 'csv-separator', { found: '|' }],
    ['no header', 'a,1\nb,2\n', 'csv-header', { received: 'a,1' }],
    ['another case', 'ID,label\na,1\n', 'csv-header', {}],
    ['a blank before a column', 'id, label\na, 1\n', 'csv-header', {}],
    ['a blank before id', ' id,label\na,1\n', 'csv-header', {}],
    ['id alone', 'id\na\n', 'csv-header', {}],
    ['id last', 'label,id\n1,a\n', 'csv-header', {}],
    ['a column without name', 'id,p0,\na,1,2\n', 'csv-header', {}],
    ['a column twice', 'id,p0,p0\na,1,2\n', 'csv-header', {}],
    ['id twice', 'id,id\na,1\n', 'csv-header', {}],
    ['JSON', '{"a":1}', 'csv-syntax', { row: 1 }],
    [
      'a row too short',
      'id,p0,p1\na,1,2\nb,1\n',
      'csv-row-columns',
      { row: 3, expected: 3, received: 2 },
    ],
    [
      'a row too long',
      'id,label\na,1,2\n',
      'csv-row-columns',
      { row: 2, expected: 2, received: 3 },
    ],
    ['a comma at the end', 'id,label\na,1,\n', 'csv-row-columns', { row: 2 }],
    ['an empty line inside', 'id,label\na,1\n\nb,2\n', 'csv-syntax', { row: 3 }],
    ['an empty line in front', '\nid,label\na,1\n', 'csv-syntax', { row: 1 }],
    ['an open quote', 'id,label\na,"1\nb,2\n', 'csv-syntax', { row: 2 }],
    [
      'an open quote over much text',
      `id,label\na,"1${'\nb,2'.repeat(5000)}`,
      'csv-syntax',
      { row: 2 },
    ],
    ['text behind a quote', 'id,label\na,"1"2\n', 'csv-syntax', { row: 2 }],
    ['a quote inside', 'id,label\na,1"2\n', 'csv-syntax', { row: 2 }],
    ['bare carriage returns', 'id,label\ra,1\r', 'csv-syntax', { row: 1 }],
    ['a control character', 'id,label\na,\u00071\n', 'csv-syntax', { row: 2 }],
    ['a cell without end', `id,label\na,${'x'.repeat(2000)}\n`, 'csv-too-large', { what: 'cell' }],
    [
      'a line without end',
      `id,p0\na${',0'.repeat(20_005)}\n`,
      'csv-too-large',
      { what: 'columns' },
    ],
    [
      'a long line',
      `id,p0\na${`,${'0'.repeat(900)}`.repeat(1200)}\n`,
      'csv-too-large',
      { what: 'line' },
    ],
    [
      'empty lines without end',
      `id,p0\na,1${'\n'.repeat(CSV_LIMITS.line + 5)}`,
      'csv-too-large',
      {},
    ],
  ])('is refused: %s', async (_title, content, reason, params) => {
    await expectFailure(() => parse(content), reason, params as Record<string, string | number>);
  });

  it('is refused with more cells than the limit', async () => {
    const columns = 10_000;
    const header = Array.from({ length: columns }, (_, index) => `p${index}`).join(',');
    const rows = Math.floor(CSV_LIMITS.cells / columns) + 1;
    const text = `id,${header}\n${`a${',1'.repeat(columns)}\n`.repeat(rows)}`;
    await expectFailure(() => parse(text), 'csv-too-large', { what: 'cells' });
  });
});
