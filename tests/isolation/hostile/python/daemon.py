# Leaves a process in a session of its own, whose parent has gone, to outlive the run.
# expect: OK
import os
import signal
import time


def predict(batch):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            while True:
                time.sleep(1)
        os._exit(0)
    os.wait()
    return [[1, 0, 0]] * len(batch)
