# Returns an object that gives another array each time it is read.
# expect: OK
import numpy


class TwoFaced:
    def __init__(self, rows):
        self.rows = rows
        self.reads = 0

    def __array__(self, *_, **__):
        self.reads += 1
        row = [1, 0, 0] if self.reads == 1 else [0, 0, 1]
        return numpy.array([row] * (self.rows * self.reads), dtype="f8")

    def __len__(self):
        return 2**60


def predict(batch):
    return TwoFaced(len(batch))
