import { describe, expect, it } from 'vitest';
import { explainStart, isReadOnlySysctl } from '../../../sandbox/isolation/bwrap-errors.ts';

describe('explainStart', () => {
  it.each([
    [
      'bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces.',
      'user namespaces are refused',
      'kernel.unprivileged_userns_clone=1',
    ],
    [
      'bwrap: Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC)',
      'the limit on namespaces',
      'user.max_user_namespaces',
    ],
    ['bwrap: setting up uid map: Permission denied', 'AppArmor', 'profile'],
    ['bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted', 'AppArmor', 'profile'],
    [
      'bwrap: cannot open /proc/sys/user/max_user_namespaces: Read-only file system',
      '/proc/sys is read-only',
      'writable',
    ],
    ['bwrap: Unexpected capabilities but not setuid, old file caps config?', 'ambient', 'setpriv'],
    [
      'bwrap: Creating new namespace failed: Resource temporarily unavailable',
      'used up',
      'wait for other runs',
    ],
    [
      "bwrap: Can't find source path /root/x: Permission denied",
      'cannot read the runtime',
      'checkout',
    ],
    ['bwrap: Unknown option --disable-userns', 'too old', 'apt-get'],
  ])('knows %j', (stderr, meaning, fix) => {
    const fault = explainStart(`${stderr}\n`);
    expect(fault.meaning).toContain(meaning);
    expect(fault.fix).toContain(fix);
  });

  it('repeats the last line of what it does not know', () => {
    expect(explainStart('a\nbwrap: new trouble\n').meaning).toBe('bwrap: new trouble');
    expect(explainStart('').meaning).not.toBe('');
  });

  it('tells the fault that a retry without the limit on nesting can get around', () => {
    expect(
      isReadOnlySysctl(
        'bwrap: cannot open /proc/sys/user/max_user_namespaces: Read-only file system',
      ),
    ).toBe(true);
    expect(isReadOnlySysctl('bwrap: setting up uid map: Permission denied')).toBe(false);
  });
});
