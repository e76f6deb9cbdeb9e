# Tries to change its own code, the harness, the interpreter and its libraries, and to make files beside them.
# expect: OK
import os
import sys


def predict(batch):
    folders = ["/", "/dev", "/etc", "/proc", "/rt", "/submission", "/usr/bin", *sys.path]
    files = ["/submission/model.py", "/rt/harness.py", "/proc/cpuinfo", "/etc/ld.so.cache", os.__file__]
    for path in files + [os.path.join(folder, "planted.py") for folder in folders if folder]:
        try:
            open(path, "a").close()
        except OSError:
            continue
        raise AssertionError(f"wrote {path[1:]}")
    for path in files:
        try:
            os.chmod(path, 0o777)
        except OSError:
            continue
        raise AssertionError(f"changed {path[1:]}")
    return [[1, 0, 0]] * len(batch)
