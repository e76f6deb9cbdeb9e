# Takes the interpreter's own guard away and calls itself until the stack is full.
# expect: CRASHED crashed | MEMORY_LIMIT | RUN_ERROR
import sys

sys.setrecursionlimit(2**31 - 1)


class Deep:
    def __getattr__(self, name):
        return getattr(self, name + "x")


def predict(batch):
    return Deep().x
