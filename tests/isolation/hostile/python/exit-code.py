# Ends its process as if all were well.
# expect: CRASHED crashed
import sys


def predict(batch):
    sys.exit(0)
