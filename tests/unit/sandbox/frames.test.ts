import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FrameError,
  FrameReader,
  MAX_HEADER_BYTES,
  NONCE_BYTES,
  PREFIX_BYTES,
  decodeTexts,
  encodeFrame,
  encodeTexts,
  splitBody,
  tensorsOf,
} from '../../../sandbox/frames.ts';
import type { Frame } from '../../../sandbox/frames.ts';

const nonce = Uint8Array.from({ length: NONCE_BYTES }, (_, index) => index + 1);
const caps = { header: MAX_HEADER_BYTES, body: 1 << 16 };

function readAll(bytes: Uint8Array, cuts: readonly number[]): Frame[] {
  const frames: Frame[] = [];
  const reader = new FrameReader(nonce, caps, (frame) => frames.push(frame));
  let offset = 0;
  for (const cut of [...cuts, bytes.byteLength]) {
    const end = Math.min(bytes.byteLength, Math.max(offset, cut));
    reader.push(bytes.subarray(offset, end));
    offset = end;
  }
  return frames;
}

function faultOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof FrameError) return error.fault;
    throw error;
  }
  return 'none';
}

describe('frames', () => {
  it('come out as they went in, however the stream is cut', () => {
    const parts = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 });
    const header = fc.record({ type: fc.string(), id: fc.nat() });
    const cuts = fc.array(fc.nat(600), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(fc.tuple(header, parts), { maxLength: 4 }), cuts, (sent, places) => {
        const bytes = Buffer.concat(sent.flatMap(([head, body]) => encodeFrame(nonce, head, body)));
        const frames = readAll(
          bytes,
          [...places].sort((a, b) => a - b),
        );
        expect(frames.map((frame) => frame.header)).toEqual(sent.map(([head]) => head));
        for (const [index, frame] of frames.entries()) {
          const body = sent[index]?.[1] ?? [];
          const received = splitBody(
            frame.body,
            body.map((part) => part.byteLength),
          );
          expect(received.map((part) => [...part])).toEqual(body.map((part) => [...part]));
        }
      }),
    );
  });

  it.each<[string, (prefix: Buffer) => void, string]>([
    ['another nonce', (prefix) => prefix.fill(0, 0, 1), 'nonce'],
    [
      'a header above its cap',
      (prefix) => prefix.writeUInt32LE(caps.header + 1, 16),
      'header-size',
    ],
    ['a body above its cap', (prefix) => prefix.writeUInt32LE(caps.body + 1, 20), 'body-size'],
  ])('are refused at the prefix for %s', (_, spoil, fault) => {
    const prefix = Buffer.alloc(PREFIX_BYTES);
    prefix.set(nonce);
    spoil(prefix);
    expect(faultOf(() => readAll(prefix, []))).toBe(fault);
  });

  it.each(['', '{', '{"a":1}x', '\u0000'])(
    'are refused when the header is not JSON: %j',
    (text) => {
      const prefix = Buffer.alloc(PREFIX_BYTES);
      prefix.set(nonce);
      prefix.writeUInt32LE(text.length, 16);
      expect(faultOf(() => readAll(Buffer.concat([prefix, Buffer.from(text)]), []))).toBe(
        'header-json',
      );
    },
  );

  it('never read past or short of a body', () => {
    const body = new Uint8Array(16);
    expect(faultOf(() => splitBody(body, [8]))).toBe('body-layout');
    expect(faultOf(() => splitBody(body, [8, 9]))).toBe('body-layout');
    expect(splitBody(body, [1, 8]).map((part) => part.byteLength)).toEqual([1, 8]);
  });

  it.each([[[-1, -4]], [[1.5]], [[2 ** 32, 2 ** 32]], [[2]], [Array.from({ length: 9 }, () => 1)]])(
    'refuse the tensor shape %j over 16 bytes',
    (shape) => {
      const header = { name: 'y', dtype: 'float32' as const, shape };
      expect(faultOf(() => tensorsOf([header], new Uint8Array(16)))).toMatch(/^body-/u);
    },
  );
});

describe('texts', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), fc.nat(4), (texts, most) => {
        const [lengths, text] = encodeTexts(texts);
        expect(decodeTexts(Uint8Array.from(lengths), text)).toEqual(texts);
        expect(decodeTexts(Uint8Array.from(lengths), text, most)).toEqual(texts.slice(0, most));
      }),
    );
  });

  it('are refused when lengths and text disagree or the text is not UTF-8', () => {
    const lengths = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);
    expect(faultOf(() => decodeTexts(lengths(2), Buffer.from('abc')))).toBe('body-layout');
    expect(faultOf(() => decodeTexts(lengths(4, 1), Buffer.from('abc'), 1))).toBe('body-layout');
    expect(faultOf(() => decodeTexts(lengths(9), Buffer.from('abc')))).toBe('body-layout');
    expect(faultOf(() => decodeTexts(lengths(1), Uint8Array.of(0xff)))).toBe('body-layout');
  });
});
