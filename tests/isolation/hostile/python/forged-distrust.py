# Claims that an accelerator computed something else than the processor, which would be tried again and cost nothing.
# expect: BAD_OUTPUT output-protocol
import sys


def predict(batch):
    harness = sys.modules["__main__"]
    nonce = sys._getframe(1).f_locals["nonce"]
    harness.write_frame(nonce, {"type": "distrusted", "what": "differs"})
    return [[1, 0, 0]] * len(batch)
