# Writes an answer of its own to every descriptor, hoping that one of them carries scores.
# expect: BAD_OUTPUT output-protocol
import json
import os
import struct


def predict(batch):
    header = json.dumps({"type": "scores", "top1_error": 0}).encode()
    for descriptor in range(256):
        try:
            os.write(descriptor, bytes(16) + struct.pack("<II", len(header), 0) + header)
        except OSError:
            pass
    return [[1, 0, 0]] * len(batch)
