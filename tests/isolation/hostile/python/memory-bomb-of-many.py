# Takes memory with many processes, each of which stays small.
# expect: MEMORY_LIMIT
# memory: 512
import os
import time


def predict(batch):
    for _ in range(40):
        if os.fork() == 0:
            taken = b"x" * (30 * 2**20)
            time.sleep(3600)
            os._exit(len(taken) % 2)
    time.sleep(3600)
