# Closes the pipe to the host.
# expect: CRASHED crashed
import os


def predict(batch):
    os.close(3)
    return [[1, 0, 0]] * len(batch)
