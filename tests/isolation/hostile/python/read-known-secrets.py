# Opens files that most machines have, by their well-known names.
# expect: OK
import glob

NAMES = [
    "/etc/passwd", "/etc/shadow", "/etc/hostname", "/root/.ssh/id_rsa", "/home", "/proc/self/environ",
    "/proc/1/cmdline", "/proc/self/mountinfo", "/proc/self/maps", "/proc/version", "/sys/kernel", "/var",
    "/run", "/dev/shm", "/dev/mem", "/dev/kmsg", "/dev/tty", "/dev/nvidia0", "/dev/dri", "/data",
]  # fmt: skip


def predict(batch):
    for name in NAMES:
        assert not glob.glob(name), f"sees {name[1:]}"
    for pattern in ("/**/labels.npy", "/**/certamen.db", "/**/targets*"):
        assert not glob.glob(pattern, recursive=True), f"sees {pattern[1:]}"
    return [[1, 0, 0]] * len(batch)
