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
    assert count < 300, f"{count} processes"
    return [[1, 0, 0]] * len(batch)
