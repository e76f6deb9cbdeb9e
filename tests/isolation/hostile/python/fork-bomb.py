# Starts processes until it is refused, and leaves them asleep.
# expect: OK
# memory: 20000
import os
import time


def predict(batch):
    for count in range(1000):
        try:
            child = os.fork()
        except OSError:
            break
        if child == 0:
            time.sleep(3600)
            os._exit(0)
    # The cgroup's cap where there is one, and with it a /tmp; else the kernel's for a user.
    assert count < (64 if os.path.isdir("/tmp") else 257), f"{count} processes"
    return [[1, 0, 0]] * len(batch)
