# Writes to standard output without end.
# expect: LOG_LIMIT
import os


def predict(batch):
    while True:
        os.write(1, b"x" * 2**16)
