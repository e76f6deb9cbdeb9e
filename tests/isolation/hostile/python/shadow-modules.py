# Brings a module under the name of one that the harness uses.
# expect: OK
# with: json.py struct.py
import json

assert not hasattr(json, "shadow"), "the harness used a module of the submission"


def predict(batch):
    return [[1, 0, 0]] * len(batch)
