# Claims to be an archive whose files another child should run.
# expect: BAD_OUTPUT output-protocol
import sys

frame = sys._getframe()
while "nonce" not in frame.f_locals:
    frame = frame.f_back
header = {"type": "files", "files": [{"name": "model.py", "bytes": 0}]}
sys.modules["__main__"].write_frame(frame.f_locals["nonce"], header)


def predict(batch):
    return [[1, 0, 0]] * len(batch)
