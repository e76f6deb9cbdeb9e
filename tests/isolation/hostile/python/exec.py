# Puts another program in its place.
# expect: CRASHED crashed
import os
import sys


def predict(batch):
    os.execv(sys.executable, [sys.executable, "-c", "pass"])
