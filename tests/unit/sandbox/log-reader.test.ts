import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { LogReader } from '../../../sandbox/log-reader.ts';

describe('LogReader', () => {
  it('keeps the first 64 KiB, reads on to the end, and reports a flood once', async () => {
    const chunk = Buffer.alloc(1 << 16, 'spam ');
    const chunks = 1000;
    let read = 0;
    let floods = 0;
    const stream = Readable.from(
      (function* () {
        for (; read < chunks; read++) yield chunk;
      })(),
    );
    const reader = new LogReader(1 << 20, () => floods++);
    reader.read(stream);
    await finished(stream);
    expect(read).toBe(chunks);
    expect(floods).toBe(1);
    expect(reader.raw()).toBe(chunk.toString('utf8'));
    expect(reader.log().truncated).toBe(true);
  });

  it('replaces what could move a terminal or turn a page around, and keeps lines', async () => {
    const stream = Readable.from([Buffer.from('a\u001b]0;title\u0007\nb\u202ec\u2028d\n')]);
    const reader = new LogReader(1 << 20, () => undefined);
    reader.read(stream);
    await finished(stream);
    const text = 'a\ufffd]0;title\ufffd\nb\ufffdc\ufffdd\n';
    expect(reader.log()).toEqual({ text, truncated: false });
  });
});
