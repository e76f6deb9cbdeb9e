import { describe, expect, it } from 'vitest';
import { checkIsolateVersion, requireFixedIsolate } from '../../../sandbox/isolate-version.ts';

describe('the check of isolated-vm', () => {
  it.each(['7.0.1', '7.0.2', '7.1.0', '8.0.0', '10.0.0'])(
    'takes a fixed release: %s',
    (version) => {
      expect(checkIsolateVersion(version)).toBe(version);
    },
  );

  it.each(['7.0.0', '6.9.9', '6.2.0', '5.0.4', '0.0.0'])(
    'refuses a release with the memory corruption, by its number: %s',
    (version) => {
      expect(() => checkIsolateVersion(version)).toThrow(`isolated-vm ${version} has a known`);
    },
  );

  it.each([undefined, null, '', '7', '7.0.1-beta.1', 'v7.0.1', 701, { major: 9 }])(
    'refuses what it cannot read: %s',
    (version) => {
      expect(() => checkIsolateVersion(version)).toThrow('cannot be told');
    },
  );

  it('takes the release that is installed', () => {
    expect(requireFixedIsolate()).toMatch(/^\d+\.\d+\.\d+$/u);
  });
});
