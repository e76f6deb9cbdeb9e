# Asks for more than it was given: higher limits, other users, the processes of others.
# expect: OK
import os
import resource
import signal


def predict(batch):
    for attempt in (
        lambda: resource.setrlimit(resource.RLIMIT_NPROC, (resource.RLIM_INFINITY,) * 2),
        lambda: resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY,) * 2),
        lambda: os.setuid(0),
        lambda: os.setgroups([0]),
        lambda: os.nice(-10),
    ):
        try:
            attempt()
        except (OSError, ValueError):
            continue
        raise AssertionError("was given more")
    # The first process of its world forwards nothing and cannot be killed from inside.
    os.kill(1, signal.SIGKILL)
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        pass
    return [[1, 0, 0]] * len(batch)
