# Starts threads until it is refused.
# expect: OK
import os
import threading


def predict(batch):
    stop = threading.Event()
    for count in range(1000):
        try:
            threading.Thread(target=stop.wait, daemon=True).start()
        except RuntimeError:
            break
    # The cgroup's cap where there is one, and with it a /tmp; else the kernel's for a user.
    assert count < (64 if os.path.isdir("/tmp") else 257), f"{count} threads"
    stop.set()
    return [[1, 0, 0]] * len(batch)
