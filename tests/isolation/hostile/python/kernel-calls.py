# Makes the system calls that lead out of a sandbox: namespaces, mounts, other processes, the kernel's depths.
# expect: OK
import ctypes
import errno
import platform

X64 = {
    "unshare": (272, 0x10000000), "setns": (308, 0, 0), "mount": (165, 0, 0, 0, 0, 0), "chroot": (161, 0),
    "pivot_root": (155, 0, 0), "ptrace": (101, 0, 0, 0, 0), "process_vm_readv": (310, 1, 0, 0, 0, 0, 0),
    "bpf": (321, 0, 0, 0), "perf_event_open": (298, 0, 0, 0, 0, 0), "userfaultfd": (323, 0),
    "keyctl": (250, 0, 0), "init_module": (175, 0, 0, 0), "personality": (135, 0xFFFFFFFF),
    "memfd_create": (319, 0, 0), "shmget": (29, 0, 4096, 0o1600), "open_by_handle_at": (304, 0, 0, 0),
    "io_uring_setup": (425, 1, 0), "clone3": (435, 0, 0), "mknodat": (259, -100, 0, 0, 0), "unknown": (600,),
}  # fmt: skip
ARM64 = {"unshare": (97, 0x10000000), "mount": (40, 0, 0, 0, 0, 0), "ptrace": (117, 0, 0, 0, 0), "bpf": (280, 0, 0, 0)}


def predict(batch):
    libc = ctypes.CDLL(None, use_errno=True)
    for name, call in (X64 if platform.machine() == "x86_64" else ARM64).items():
        result = libc.syscall(*(ctypes.c_long(value) for value in call))
        error = ctypes.get_errno()
        assert result == -1 and error in (errno.EPERM, errno.ENOSYS), f"{name}: {result}, error {error}"
    # A process in namespaces of its own: clone with CLONE_NEWUSER.
    if platform.machine() == "x86_64":
        assert libc.syscall(56, ctypes.c_long(0x10000000 | 17), 0, 0, 0, 0) == -1, "clone"
    return [[1, 0, 0]] * len(batch)
