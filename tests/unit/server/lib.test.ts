import { describe, expect, it } from 'vitest';

import { watchClock } from '../../../server/lib/clock-watch.ts';
import { newId, newIdAfter } from '../../../server/lib/ids.ts';
import { hashPassword, makePassword, verifyPassword } from '../../../server/lib/passwords.ts';
import { hashSecret, newSecret } from '../../../server/lib/secrets.ts';
import { isDatabaseBusy, isDiskBroken, isDiskFull } from '../../../server/lib/system-errors.ts';

describe('newId', () => {
  it('is a UUID of version 7', () => {
    expect(newId()).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u,
    );
  });

  it('grows strictly, also within one millisecond and when the clock steps back', () => {
    const now = Date.now() + 60_000;
    const ids = Array.from({ length: 20_000 }, (_, index) =>
      newId(index === 9_000 ? now - 5 : now),
    );
    expect(ids).toEqual([...new Set(ids)].sort());
  });

  it('begins with the time', () => {
    const later = Date.now() + 3_600_000;
    expect(Number.parseInt(newId(later).replaceAll('-', '').slice(0, 12), 16)).toBe(later);
  });
});

describe('newIdAfter', () => {
  it('sorts after the other id, also when that comes from a clock that was ahead', () => {
    const ahead = '0fffffff-ffff-7fff-bfff-ffffffffffff';
    const after = newIdAfter(ahead);
    expect(after > ahead).toBe(true);
    expect(newIdAfter(after) > after).toBe(true);
    expect(newIdAfter('')).toMatch(/^[0-9a-f-]{36}$/u);
  });
});

describe('watchClock', () => {
  it('tells how far the clock was set, and nothing of time that passed', () => {
    let wall = 1_000_000;
    let steady = 5;
    const drift = watchClock({ now: () => new Date(wall) }, () => steady);
    wall += 700;
    steady += 700;
    expect(drift()).toBe(0);
    wall += 3_600_000;
    expect(drift()).toBe(3_600_000);
    expect(drift()).toBe(0);
    wall -= 60_000;
    steady += 1_000;
    expect(drift()).toBe(-61_000);
  });
});

describe('trouble of the machine', () => {
  const failed = (code: string) => Object.assign(new Error('no'), { code });

  it('is told by its code, also from a cause', () => {
    expect(isDiskFull(failed('ENOSPC'))).toBe(true);
    expect(isDiskFull(new Error('x', { cause: failed('SQLITE_FULL') }))).toBe(true);
    expect(isDatabaseBusy(failed('SQLITE_BUSY_SNAPSHOT'))).toBe(true);
    expect(isDiskBroken(failed('SQLITE_IOERR_WRITE'))).toBe(true);
  });

  it('is nothing else', () => {
    for (const error of [failed('ENOENT'), new Error('ENOSPC'), 'ENOSPC', null, undefined]) {
      expect([isDiskFull(error), isDatabaseBusy(error), isDiskBroken(error)]).not.toContain(true);
    }
  });
});

describe('passwords', () => {
  it('verifies the password that was hashed and no other', async () => {
    const hash = await hashPassword('correct horse');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/u);
    expect(await verifyPassword(hash, 'correct horse')).toBe(true);
    expect(await verifyPassword(hash, 'correct horsf')).toBe(false);
  });

  it('makes passwords that can be read off a screen', () => {
    const passwords = new Set(Array.from({ length: 100 }, makePassword));
    expect(passwords.size).toBe(100);
    for (const password of passwords)
      expect(password).toMatch(/^([a-hj-km-np-z2-9]{4}-){3}[a-hj-km-np-z2-9]{4}$/u);
  });
});

describe('secrets', () => {
  it('are 256 bits, URL-safe, and stored as their hash', () => {
    expect(newSecret()).toMatch(/^[A-Za-z0-9_-]{43}$/u);
    expect(newSecret()).not.toBe(newSecret());
    // SHA-256 of "abc", FIPS 180-2
    expect(hashSecret('abc')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});
