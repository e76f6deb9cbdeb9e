# Looks for anything that an earlier run, or an earlier batch of another, has left to be remembered.
# expect: OK
# runs: 2
import glob
import os


def predict(batch):
    left = [path for pattern in ("/tmp/*", "/tmp/.*", "/dev/shm/*") for path in glob.glob(pattern)]
    assert left in ([], ["/tmp/left"]), f"{len(left)} files"
    if not hasattr(os, "seen"):
        assert not left, "a file of an earlier run"
        os.seen = True
    try:
        open("/tmp/left", "w").close()
    except OSError:
        pass
    return [[1, 0, 0]] * len(batch)
