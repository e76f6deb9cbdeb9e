# Lets another process read from the pipe beside the harness.
# expect: OK | TIME_LIMIT | BAD_OUTPUT | CRASHED
import os
import time


def predict(batch):
    if os.fork() == 0:
        while True:
            os.read(3, 2**20)
    time.sleep(0.2)
    return [[1, 0, 0]] * len(batch)
