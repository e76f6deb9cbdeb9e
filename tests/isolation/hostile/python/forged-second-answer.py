# Answers the same batch again and again.
# expect: BAD_OUTPUT output-protocol
import sys


def predict(batch):
    harness = sys.modules["__main__"]
    nonce = sys._getframe(1).f_locals["nonce"]
    tensor = {"name": "scores", "dtype": "float64", "shape": [0, 3]}
    for number in (0, 0):
        harness.write_frame(nonce, {"type": "outputs", "id": number, "tensors": [tensor]})
    return [[1, 0, 0]] * len(batch)
