# Aborts.
# expect: CRASHED crashed
import os


def predict(batch):
    os.abort()
