import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JsonError, createJsonReader } from '../../../cli/json-reader.ts';
import type { JsonReader } from '../../../cli/json-reader.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'certamen-reader-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What a walk over a file of such text gives. The buffer is small, so that everything crosses its end. */
function reading<T>(text: string, walk: (reader: JsonReader) => T): T {
  const file = path.join(folder, 'text.json');
  writeFileSync(file, text);
  const descriptor = openSync(file, 'r');
  try {
    return walk(createJsonReader(descriptor, 1100));
  } finally {
    closeSync(descriptor);
  }
}

function asWritten(value: unknown, space: number): string {
  return JSON.stringify(value, null, space);
}

const spaces = fc.constantFrom(0, 1, 3);

describe('createJsonReader', () => {
  it('reads any value as JSON.parse does, and stops right behind it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.array(fc.jsonValue()), spaces, (first, others, space) => {
        const text = asWritten([first, ...others], space);
        const values: unknown[] = [];
        const count = reading(text, (reader) => {
          const items = reader.readList((index) => {
            // Every other value is only passed over.
            if (index % 2 === 1) reader.skipValue();
            else values.push(reader.readValue());
          });
          reader.checkEnd();
          return items;
        });
        const expected = JSON.parse(text) as unknown[];
        expect(count).toBe(expected.length);
        expect(values).toEqual(expected.filter((_, index) => index % 2 === 0));
      }),
    );
  });

  it('passes over a byte order mark, at the beginning alone', () => {
    expect(reading('\uFEFF[1]', (reader) => reader.readValue())).toEqual([1]);
    expect(() => reading('[\uFEFF1]', (reader) => reader.readNumbers())).toThrow(JsonError);
    expect(reading('', (reader) => reader.isAtEnd())).toBe(true);
    expect(reading('\uFEFF', (reader) => reader.isAtEnd())).toBe(true);
  });

  it('reads objects member by member, keys of any characters included', () => {
    const members = fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.jsonValue()));
    fc.assert(
      fc.property(members, spaces, (drawn, space) => {
        const object = Object.fromEntries(drawn.filter(([key]) => key !== '__proto__'));
        const seen = reading(asWritten(object, space), (reader) => {
          const entries: [string, unknown][] = [];
          reader.readObject((key) => entries.push([key, reader.readValue()]));
          reader.checkEnd();
          return entries;
        });
        expect(seen).toEqual(Object.entries(JSON.parse(JSON.stringify(object)) as object));
      }),
    );
  });

  it('reads numbers to the last bit, however they are written', () => {
    const written = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.double({ min: -1, max: 1, noNaN: true }).map((value) => value.toFixed(20)),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value.toExponential(16)),
      fc.maxSafeInteger().map(String),
      fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }).map(String),
      fc.constantFrom('0', '-0', '0.1E5', '1e+2', '5e-324', '1e22', '1e23', '9007199254740993'),
      fc.constantFrom(`0.${'0'.repeat(400)}1`, `1${'0'.repeat(300)}`, `${'3'.repeat(30)}e-25`),
    );
    fc.assert(
      fc.property(fc.array(written, { maxLength: 200 }), (texts) => {
        const numbers = reading(`[${texts.join(' ,\n')}]`, (reader) => [...reader.readNumbers()]);
        expect(numbers).toEqual(texts.map(Number));
      }),
    );
  });

  it('counts lines for messages', () => {
    const lines = reading('\n{"a":\n1}\n\n{"a":2}\n', (reader) => {
      const seen: number[] = [];
      while (!reader.isAtEnd()) {
        seen.push(reader.line);
        reader.readObject(() => reader.skipValue());
      }
      return seen;
    });
    expect(lines).toEqual([2, 5]);
  });

  it.each([
    ['', /found the end/],
    ['[1,]', /expected a number at byte 3, found ']'/],
    ['[1 2]', /expected ',' or ']' at byte 3, found '2'/],
    ['[1', /found the end/],
    ['[01]', /no zero in front of a number at byte 1/],
    ['[1.]', /expected a digit at byte 3/],
    ['[-]', /expected a digit at byte 2/],
    ['[.5]', /expected a number at byte 1/],
    ['[1e]', /expected a digit at byte 3/],
    ['[NaN]', /expected a number at byte 1, found 'N'/],
    ['[1e999]', /expected a finite number at byte 1/],
    ['["1"]', /expected a number/],
    [`[${'1'.repeat(2000)}]`, /a number of at most 1024 bytes/],
    [`[${'1'.repeat(400)}]`, /a finite number/],
    ['{"a":1}', /expected '\['/],
  ])('refuses %s where a list of numbers is expected', (text, message) => {
    const read = () => reading(text, (reader) => reader.readNumbers());
    expect(read).toThrow(JsonError);
    expect(read).toThrow(message);
  });

  it.each([
    ['nothing', ''],
    ['a list that does not end', '[[1, 2]'],
    ['a text that does not end', '"abc'],
    ['a word that is none', 'nul'],
    ['a closing bracket', ']'],
    ['a comma', ','],
    ['brackets that do not match', '[1}'],
    ['two values in one place', '[1 2]'],
  ])('refuses %s where a value is expected', (_, text) => {
    expect(() => reading(text, (reader) => reader.readValue())).toThrow(JsonError);
  });

  it('refuses what stands behind the value', () => {
    expect(() =>
      reading('{} x', (reader) => {
        reader.readObject(() => reader.skipValue());
        reader.checkEnd();
      }),
    ).toThrow(/expected the end at byte 3, found 'x'/);
    expect(() => reading('{a:1}', (reader) => reader.readObject(() => undefined))).toThrow(
      /a text/,
    );
    expect(() => reading('{"a" 1}', (reader) => reader.readObject(() => undefined))).toThrow(/':'/);
  });
});
