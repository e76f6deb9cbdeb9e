# Answers with far more numbers than were asked for.
# expect: OUTPUT_LIMIT | MEMORY_LIMIT
import numpy


def predict(batch):
    return numpy.zeros((2**20, 64))
