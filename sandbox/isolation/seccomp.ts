/**
 * The seccomp filter of the sandbox, as the bare array of `struct sock_filter` that bubblewrap reads:
 * { u16 code, u8 jt, u8 jf, u32 k }, little endian. Generated from the tables below; no compiler, no blob.
 *
 * Deny by list: system calls that no engine needs and that lead out of the sandbox or deep into the
 * kernel answer EPERM, or ENOSYS where callers then fall back to an older call. Numbers are the kernel's
 * (arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h).
 */

export type Architecture = 'x64' | 'arm64';

const LD_W_ABS = 0x20;
const JEQ_K = 0x15;
const JGE_K = 0x35;
const JGT_K = 0x25;
const JSET_K = 0x45;
const RET_K = 0x06;

const ALLOW = 0x7fff0000;
const ERRNO = 0x00050000;
const KILL_PROCESS = 0x80000000;
export const EPERM = 1;
export const ENOSYS = 38;

/** Offsets in `struct seccomp_data`: the number, the architecture, the low words of the arguments. */
const NR = 0;
const ARCH = 4;
const argument = (index: number) => 16 + 8 * index;

const AUDIT_ARCH: Record<Architecture, number> = { x64: 0xc000003e, arm64: 0xc00000b7 };
/** The x32 calls of x86-64 carry this bit and would pass by any table of numbers. */
const X32_BIT = 0x40000000;
/** Calls with higher numbers are newer than the tables. */
const LAST_KNOWN_CALL = 450;

/** CLONE_NEWTIME | NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET */
const CLONE_NAMESPACES = 0x7e020080;
const CLONE_THREAD = 0x00010000;
/** MAP_SHARED; MAP_SHARED_VALIDATE has the bit, too. */
const MAP_SHARED = 0x01;
const MAP_ANONYMOUS = 0x20;
/** Pages that the operator put aside; neither cgroup nor watchdog counts them. */
const MAP_HUGETLB = 0x40000;
/** fcntl: signals about what others do in a folder. */
const F_NOTIFY = 0x402;
/** fcntl: F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW. */
const SET_LOCK = [6, 7, 37, 38];
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;

interface CallNumbers {
  readonly x64: number | null;
  readonly arm64: number | null;
}

const call = (x64: number | null, arm64: number | null): CallNumbers => ({ x64, arm64 });
const same = (number: number): CallNumbers => ({ x64: number, arm64: number });

const CLONE = call(56, 220);
const IOCTL = call(16, 29);
const MMAP = call(9, 222);
const FCNTL = call(72, 25);

/** Answered with ENOSYS, so that callers use clone and epoll. */
export const UNKNOWN_CALLS: Readonly<Record<string, CallNumbers>> = {
  clone3: same(435),
  io_uring_setup: same(425),
  io_uring_enter: same(426),
  io_uring_register: same(427),
};

/** Answered with EPERM. */
export const REFUSED_CALLS: Readonly<Record<string, CallNumbers>> = {
  // Namespaces and mounts
  unshare: call(272, 97),
  setns: call(308, 268),
  mount: call(165, 40),
  umount2: call(166, 39),
  pivot_root: call(155, 41),
  chroot: call(161, 51),
  open_tree: same(428),
  move_mount: same(429),
  fsopen: same(430),
  fsconfig: same(431),
  fsmount: same(432),
  fspick: same(433),
  mount_setattr: same(442),
  // Other processes
  ptrace: call(101, 117),
  process_vm_readv: call(310, 270),
  process_vm_writev: call(311, 271),
  process_madvise: same(440),
  kcmp: call(312, 272),
  pidfd_open: same(434),
  pidfd_getfd: same(438),
  // Kernel surface
  bpf: call(321, 280),
  perf_event_open: call(298, 241),
  userfaultfd: call(323, 282),
  keyctl: call(250, 219),
  add_key: call(248, 217),
  request_key: call(249, 218),
  init_module: call(175, 105),
  finit_module: call(313, 273),
  delete_module: call(176, 106),
  kexec_load: call(246, 104),
  kexec_file_load: call(320, 294),
  reboot: call(169, 142),
  swapon: call(167, 224),
  swapoff: call(168, 225),
  syslog: call(103, 116),
  acct: call(163, 89),
  quotactl: call(179, 60),
  quotactl_fd: same(443),
  iopl: call(172, null),
  ioperm: call(173, null),
  modify_ldt: call(154, null),
  name_to_handle_at: call(303, 264),
  open_by_handle_at: call(304, 265),
  fanotify_init: call(300, 262),
  fanotify_mark: call(301, 263),
  lookup_dcookie: call(212, 18),
  nfsservctl: call(180, 42),
  vhangup: call(153, 58),
  uselib: call(134, null),
  ustat: call(136, null),
  sysfs: call(139, null),
  _sysctl: call(156, null),
  mbind: call(237, 235),
  set_mempolicy: call(238, 237),
  set_mempolicy_home_node: same(450),
  migrate_pages: call(256, 238),
  move_pages: call(279, 239),
  memfd_secret: same(447),
  // Its pages belong to no process, so no watchdog would see them.
  memfd_create: call(319, 279),
  personality: call(135, 92),
  // The machine has one number of such requests for everybody.
  io_setup: call(206, 0),
  // Runs share the files of the runtime, and would see each other open them.
  inotify_init: call(253, null),
  inotify_init1: call(294, 26),
  mknod: call(133, null),
  mknodat: call(259, 33),
  // Clock and names of the machine
  settimeofday: call(164, 170),
  clock_settime: call(227, 112),
  clock_adjtime: call(305, 266),
  adjtimex: call(159, 171),
  sethostname: call(170, 161),
  setdomainname: call(171, 162),
  // Sockets and System V or POSIX channels
  socket: call(41, 198),
  socketpair: call(53, 199),
  connect: call(42, 203),
  bind: call(49, 200),
  listen: call(50, 201),
  accept: call(43, 202),
  accept4: call(288, 242),
  shmget: call(29, 194),
  shmat: call(30, 196),
  msgget: call(68, 186),
  semget: call(64, 190),
  mq_open: call(240, 180),
};

/** Engines start threads and never processes. Needless where `clone` alone makes them. */
const PROCESS_CALLS: Readonly<Record<string, CallNumbers>> = {
  fork: call(57, null),
  vfork: call(58, null),
};

export interface FilterOptions {
  /** Only a Python lane may have child processes of its own. */
  readonly mayFork: boolean;
  /** A cgroup counts what the kernel holds for the run, and not only what a process shows to have. */
  readonly counted: boolean;
}

/** The program for one architecture; 8 bytes an instruction. */
export function seccompFilter(
  architecture: Architecture,
  { mayFork, counted }: FilterOptions = { mayFork: false, counted: false },
): Uint8Array {
  const words: { code: number; jt: number; jf: number; k: number }[] = [];
  const op = (code: number, k: number, jt = 0, jf = 0) => words.push({ code, jt, jf, k });
  const ret = (action: number) => op(RET_K, action);
  /** Every rule is two instructions, so no jump is ever longer than a few. */
  const deny = (calls: Readonly<Record<string, CallNumbers>>, errno: number) => {
    for (const numbers of Object.values(calls)) {
      const number = numbers[architecture];
      if (number === null) continue;
      op(JEQ_K, number, 0, 1);
      ret(ERRNO | errno);
    }
  };

  op(LD_W_ABS, ARCH);
  op(JEQ_K, AUDIT_ARCH[architecture], 1, 0);
  ret(KILL_PROCESS);
  op(LD_W_ABS, NR);
  if (architecture === 'x64') {
    op(JGE_K, X32_BIT, 0, 1);
    ret(KILL_PROCESS);
  }
  op(JGT_K, LAST_KNOWN_CALL, 0, 1);
  ret(ERRNO | ENOSYS);

  deny(UNKNOWN_CALLS, ENOSYS);
  deny(REFUSED_CALLS, EPERM);
  if (!mayFork) deny(PROCESS_CALLS, EPERM);

  // Only the low word of a request counts in the kernel, so only it may count here.
  op(JEQ_K, IOCTL[architecture] as number, 0, 5);
  op(LD_W_ABS, argument(1));
  op(JEQ_K, TIOCSTI, 1, 0);
  op(JEQ_K, TIOCLINUX, 0, 1);
  ret(ERRNO | EPERM);
  ret(ALLOW);

  const commands = [F_NOTIFY, ...(counted ? [] : SET_LOCK)];
  op(JEQ_K, FCNTL[architecture] as number, 0, commands.length + 3);
  op(LD_W_ABS, argument(1));
  for (const [index, command] of commands.entries()) op(JEQ_K, command, commands.length - index, 0);
  ret(ALLOW);
  ret(ERRNO | EPERM);

  op(JEQ_K, MMAP[architecture] as number, 0, 6);
  op(LD_W_ABS, argument(3));
  op(JSET_K, MAP_HUGETLB, 2, 0);
  // Shared pages that a process lets go of stay, and are then nobody's that a watchdog could see.
  op(JSET_K, counted ? 0 : MAP_SHARED, 0, 2);
  op(JSET_K, MAP_ANONYMOUS, 0, 1);
  ret(ERRNO | EPERM);
  ret(ALLOW);

  op(JEQ_K, CLONE[architecture] as number, 0, mayFork ? 4 : 5);
  op(LD_W_ABS, argument(0));
  op(JSET_K, CLONE_NAMESPACES, mayFork ? 1 : 2, 0);
  if (mayFork) ret(ALLOW);
  else {
    op(JSET_K, CLONE_THREAD, 0, 1);
    ret(ALLOW);
  }
  ret(ERRNO | EPERM);
  ret(ALLOW);

  const bytes = Buffer.alloc(words.length * 8);
  for (const [index, { code, jt, jf, k }] of words.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(jt, index * 8 + 2);
    bytes.writeUInt8(jf, index * 8 + 3);
    bytes.writeUInt32LE(k >>> 0, index * 8 + 4);
  }
  return bytes;
}
