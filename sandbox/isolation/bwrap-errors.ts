/** What bubblewrap says when it cannot start, what that means, and what to do. */

export interface StartFault {
  readonly meaning: string;
  readonly fix: string;
}

const FAULTS: readonly (StartFault & { readonly pattern: RegExp })[] = [
  {
    pattern: /No permissions to creat(?:e|ing) (?:a )?new namespace/u,
    meaning: 'user namespaces are refused',
    fix: 'sysctl -w kernel.unprivileged_userns_clone=1; in a container, let its seccomp and AppArmor profiles allow user namespaces',
  },
  {
    pattern:
      /max_[\w*]+_namespaces(?: exceeded|: No space left)|Creating new namespace failed: No space left/u,
    meaning: 'the limit on namespaces is used up or 0',
    fix: 'sysctl -w user.max_user_namespaces=10000',
  },
  {
    pattern: /setting up uid map: Permission denied|Failed RTM_NEWADDR/u,
    meaning: 'AppArmor restricts user namespaces (Ubuntu 23.10 and later)',
    fix: 'install an AppArmor profile for /usr/bin/bwrap that has "userns,"; leave the global switch on',
  },
  {
    pattern: /max_user_namespaces: Read-only/u,
    meaning: '/proc/sys is read-only, so nested namespaces can be refused by the filter only',
    fix: 'mount /proc/sys writable in the container of the worker',
  },
  {
    pattern: /Unexpected capabilities/u,
    meaning: 'the worker was started with ambient capabilities',
    fix: 'start the worker under: setpriv --ambient-caps=-all --inh-caps=-all',
  },
  {
    pattern: /namespace failed: Resource temporarily/u,
    meaning: 'the processes of the sandbox user are used up',
    fix: 'wait for other runs to end; raise the process limit of the worker',
  },
  {
    pattern: /Can't find source path|Can't open source path|Permission denied/u,
    meaning: 'the sandbox user cannot read the runtime',
    fix: 'place the checkout where every user may read it, outside of a private home folder',
  },
  {
    pattern: /Unknown option|seccomp.*(?:Invalid|not supported)/u,
    meaning: 'this bubblewrap is too old (0.8 or later is needed) or the kernel has no seccomp',
    fix: 'apt-get install bubblewrap',
  },
];

/** @param stderr what bubblewrap wrote. */
export function explainStart(stderr: string): StartFault {
  const fault = FAULTS.find(({ pattern }) => pattern.test(stderr));
  if (fault !== undefined) return { meaning: fault.meaning, fix: fault.fix };
  const line = stderr.trim().split('\n').at(-1) ?? '';
  return {
    meaning: line === '' ? 'it ended without a word' : line.slice(0, 300),
    fix: 'try it by hand: bwrap --unshare-all --ro-bind / / true',
  };
}

/** bubblewrap cannot write the limit that forbids nested namespaces, and can do without. */
export function isReadOnlySysctl(stderr: string): boolean {
  return /max_user_namespaces: Read-only/u.test(stderr);
}
