# Writes an answer of its own to every descriptor, perfect but for the mark of the run, which it does not know.
# expect: BAD_OUTPUT output-protocol
import json
import os
import struct


def predict(batch):
    tensor = {"name": "scores", "dtype": "float64", "shape": [len(batch), 3]}
    header = json.dumps({"type": "outputs", "id": 0, "tensors": [tensor]}).encode()
    scores = struct.pack("<3d", 1, 0, 0) * len(batch)
    frame = bytes(16) + struct.pack("<II", len(header), len(scores)) + header + scores
    for descriptor in range(256):
        try:
            os.write(descriptor, frame)
        except OSError:
            pass
    os.close(3)  # Nothing that is true may follow.
    return [[1, 0, 0]] * len(batch)
