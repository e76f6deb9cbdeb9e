# Every process starts another, without end.
# expect: TIME_LIMIT
# memory: 20000
import os


def predict(batch):
    while True:
        try:
            os.fork()
        except OSError:
            pass
