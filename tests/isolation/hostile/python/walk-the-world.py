# Walks everything that it can see, looking for files of the platform, of other people and of the system.
# expect: OK
import os

# The interpreter with its libraries, which the tests check apart, and what every run has.
RUNTIME = ("/usr/lib", "/usr/local/lib", "/lib", "/lib64", "/etc/alternatives")
KNOWN = {
    "/etc", "/etc/ld.so.cache", "/dev", "/dev/null", "/dev/zero", "/dev/urandom", "/proc", "/proc/cpuinfo",
    "/rt", "/rt/harness.py", "/submission", "/submission/model.py", "/tmp", "/usr", "/usr/bin", "/usr/local",
}  # fmt: skip


def is_known(path):
    return path in KNOWN or path in RUNTIME or path.startswith("/usr/bin/python3")


def predict(batch):
    for folder, folders, files in os.walk("/"):
        for path in (os.path.join(folder, name) for name in folders + files):
            assert is_known(path), f"sees {path[1:]}"
        folders[:] = [name for name in folders if os.path.join(folder, name) not in RUNTIME]
    return [[1, 0, 0]] * len(batch)
