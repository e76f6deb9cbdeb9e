import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BYTES,
  FIXED32,
  VARINT,
  WireError,
  WireReader,
  WireWriter,
  concatBytes,
  countPackedVarints,
  encodeVarint,
  readPackedInt64,
} from '../../../sandbox/artifacts/wire.ts';

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

describe('the protobuf wire format', () => {
  it('reads back every 64-bit integer that it writes', () => {
    fc.assert(
      fc.property(int64, (value) => {
        const reader = new WireReader(new WireWriter().varint(3, value).finish());
        expect(reader.next()).toBe(true);
        expect([reader.field, reader.type, reader.int64()]).toEqual([3, VARINT, value]);
        expect(reader.next()).toBe(false);
      }),
    );
  });

  it('reads back packed integers and counts them', () => {
    fc.assert(
      fc.property(fc.array(int64, { maxLength: 30 }), (values) => {
        const bytes = concatBytes(values.map(encodeVarint));
        expect(readPackedInt64(bytes, 0, bytes.length, 30)).toEqual(values);
        expect(countPackedVarints(bytes, 0, bytes.length)).toBe(values.length);
      }),
    );
  });

  it('walks the fields of a message in order, inner messages too', () => {
    const inner = new WireWriter().text(1, 'niño').float(2, 0.5);
    const reader = new WireReader(new WireWriter().varint(1, 300).message(7, inner).finish());
    reader.next();
    reader.next();
    expect([reader.field, reader.type]).toEqual([7, BYTES]);
    const message = reader.message();
    message.next();
    expect(message.text()).toBe('niño');
    message.next();
    expect([message.field, message.type, message.end - message.start]).toEqual([2, FIXED32, 4]);
    expect(message.next()).toBe(false);
  });

  it('throws a WireError or ends on any bytes, and never reads beyond them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const reader = new WireReader(bytes);
        try {
          while (reader.next()) expect(reader.end).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['a varint without end', [0x08, ...new Array<number>(10).fill(0xff)], false],
    ['a varint cut short', [0x08, 0x80], true],
    ['a field cut short', [0x12, 0x05, 0x61], true],
    ['a length of 2^63', [0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], true],
    ['a fixed number cut short', [0x15, 0, 0], true],
    ['field number zero', [0x00, 0x00], false],
    ['a group', [0x0b], false],
    ['a tag beyond 32 bits', [0xf8, 0xff, 0xff, 0xff, 0x7f, 0x00], false],
  ])('refuses %s', (_title, bytes, truncated) => {
    const reader = new WireReader(Uint8Array.from(bytes));
    expect(() => reader.next()).toThrow(expect.objectContaining({ name: 'WireError', truncated }));
  });

  it('refuses more packed values than asked for', () => {
    expect(() => readPackedInt64(new Uint8Array(33), 0, 33, 32)).toThrow(WireError);
  });
});
