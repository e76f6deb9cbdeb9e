# Looks for what its parent may have left: variables, arguments, descriptors, groups, rights.
# expect: OK
import os
import sys

VARIABLES = {
    "HOME", "LANG", "LC_CTYPE", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
    "PWD", "PYTHONHASHSEED", "USER",
}  # fmt: skip


def is_open(descriptor):
    try:
        # A null device lies over what the host itself was given and did not ask for.
        return os.fstat(descriptor).st_rdev != os.stat("/dev/null").st_rdev or descriptor == 0
    except OSError:
        return False


def predict(batch):
    assert set(os.environ) <= VARIABLES, "variables: " + " ".join(set(os.environ) - VARIABLES)
    assert sys.orig_argv[1:4] == ["-s", "-B", "/rt/harness.py"], "arguments"
    opened = [descriptor for descriptor in range(4096) if is_open(descriptor)]
    assert opened == [0, 1, 2, 3], f"descriptors {opened}"
    assert os.read(0, 1) == b"", "standard input"
    assert (os.getuid(), os.getgid(), os.getgroups()) == (1000, 1000, []), "user"
    assert os.uname().nodename == "sandbox", "host name"
    return [[1, 0, 0]] * len(batch)
