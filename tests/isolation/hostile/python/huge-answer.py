# Answers with far more numbers than were asked for.
# expect: OUTPUT_LIMIT
# memory: 2048
import numpy


def predict(batch):
    return numpy.zeros((2**20, 16))
