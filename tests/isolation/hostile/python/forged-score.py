# Takes the mark of the run out of the harness and announces a score.
# expect: BAD_OUTPUT output-protocol
import sys


def predict(batch):
    harness = sys.modules["__main__"]
    nonce = sys._getframe(1).f_locals["nonce"]
    harness.write_frame(nonce, {"type": "scores", "top1_error": 0})
    return [[1, 0, 0]] * len(batch)
