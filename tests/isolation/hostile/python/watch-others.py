# Watches the files that all runs share, to learn what other submissions open; takes what the machine has one of.
# expect: OK
import ctypes
import errno
import fcntl
import os
import platform

X64 = {"inotify_init": (253,), "inotify_init1": (294, 0), "fanotify_init": (300, 0, 0), "io_setup": (206, 1024)}
ARM64 = {"inotify_init1": (26, 0), "fanotify_init": (262, 0, 0), "io_setup": (0, 1024)}


def predict(batch):
    libc = ctypes.CDLL(None, use_errno=True)
    context = ctypes.create_string_buffer(8)
    for name, call in (X64 if platform.machine() == "x86_64" else ARM64).items():
        result = libc.syscall(*(ctypes.c_long(value) for value in call), context)
        assert result == -1 and ctypes.get_errno() == errno.EPERM, f"{name}: {result}"
    folder = os.open(os.path.dirname(os.__file__), os.O_RDONLY)
    try:
        fcntl.fcntl(folder, fcntl.F_NOTIFY, fcntl.DN_ACCESS)
    except PermissionError:
        return [[1, 0, 0]] * len(batch)
    raise AssertionError("told of what others do in a folder")
