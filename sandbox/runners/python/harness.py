"""Runs the `model.py` of a submission: what stands between it and the platform inside the sandbox.

The host starts `python harness.py [numpy]` behind all walls, with the files of the submission read-only
in /submission, and talks with it over descriptor 3 in frames: nonce (16 bytes), length of the header
(u32, little endian), length of the body (u32), header (JSON), body (parts, each padded to a multiple
of 8 bytes). Requests and answers are those of sandbox/serve.ts:

    hello                          -> ready
    load {options}                 -> model {signature, engine}, once model.py is imported and set up
    predict {id, tensors} + bytes  -> outputs {id, tensors} + bytes
    anything that goes wrong       -> failed {reason, params}, and the end

Nothing here is a wall. The code of the submission runs in this very process and can say whatever this
file could say; so it can forge its own predictions, which are its own to make, and no more: the host
checks count, shape and values of every answer, and only the host knows the targets. Standard output
and standard error are a log.
"""

import array
import importlib.util
import json
import os
import random
import re
import struct
import sys
import traceback
import types

PROTOCOL = 3
FOLDER = "/submission"
ENTRY = "model.py"
NONCE_BYTES = 16
MAX_DIMENSIONS = 8
#: Characters of an error's message that leave this process; the host shortens and cleans it again.
MAX_MESSAGE = 1000
#: Memory that ran out below Python is reported as an ordinary error.
OUT_OF_MEMORY = re.compile(r"bad_?alloc|can't allocate memory|out of memory", re.IGNORECASE)


class Refused(Exception):
    """What the model returned cannot be sent; `reason` is one of sandbox/failure.ts."""

    def __init__(self, reason, **params):
        super().__init__(reason)
        self.reason = reason
        self.params = params


def read(size):
    """The next bytes from the host, in a buffer of their own. Ends the process when the host has gone."""
    data = bytearray(size)
    rest = memoryview(data)
    while rest:
        count = os.readv(PROTOCOL, [rest])
        if count == 0:
            os._exit(0)
        rest = rest[count:]
    return data


def read_frame():
    prefix = read(NONCE_BYTES + 8)
    header_bytes, body_bytes = struct.unpack_from("<II", prefix, NONCE_BYTES)
    return bytes(prefix[:NONCE_BYTES]), json.loads(bytes(read(header_bytes))), read(body_bytes)


def write_frame(nonce, header, body=b""):
    text = json.dumps(header).encode()
    padding = -len(body) % 8
    for data in (nonce, struct.pack("<II", len(text), len(body) + padding), text, body, bytes(padding)):
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(PROTOCOL, rest) :]


def wait_for_end():
    """Waits for the host after a last answer, which a pipe broken by leaving early could lose."""
    while True:
        read(1 << 16)


def place(error):
    """Where in the submission an error arose, innermost: ` (model.py, line 7)`; empty when nowhere."""
    if isinstance(error, SyntaxError) and error.filename:
        found = (error.filename, error.lineno)
    else:
        frames = traceback.walk_tb(error.__traceback__)
        lines = [(frame.f_code.co_filename, line) for frame, line in frames]
        found = next((each for each in reversed(lines) if each[0].startswith(FOLDER)), None)
    return f" ({os.path.basename(found[0])}, line {found[1]})" if found else ""


def failed(error, reason):
    """The header that reports an error; its message is the submission's and therefore cut."""
    if isinstance(error, Refused):
        return {"type": "failed", "reason": error.reason, "params": error.params}
    try:
        message = " ".join(str(getattr(error, "msg", error))[:MAX_MESSAGE].split())
        where = place(error)
    except Exception:
        message, where = "an error that cannot be read", ""
    if isinstance(error, MemoryError) or OUT_OF_MEMORY.search(message):
        return {"type": "failed", "reason": "memory-limit", "params": {}}
    # The place comes before the message, which may be long and is cut at its end.
    detail = f"{type(error).__name__}{where}: {message}" if message else f"{type(error).__name__}{where}"
    return {"type": "failed", "reason": reason, "params": {"detail": detail}}


def load(options):
    """Imports model.py as the module `model`, sets it up, and returns its `predict`."""
    task = options.get("task") or {"inputShape": [], "classes": 0}
    random.seed(0)
    if numpy is not None:
        numpy.random.seed(0)
    os.chdir(FOLDER)
    # Other modules of the submission lie beside it.
    sys.path.insert(0, FOLDER)
    spec = importlib.util.spec_from_file_location("model", f"{FOLDER}/{ENTRY}")
    module = importlib.util.module_from_spec(spec)
    sys.modules["model"] = module
    spec.loader.exec_module(module)
    setup, predict = getattr(module, "setup", None), getattr(module, "predict", None)
    if not callable(predict):
        raise Refused("code-function", name="predict")
    if callable(setup):
        context = types.SimpleNamespace(
            folder=FOLDER,
            input_shape=tuple(task["inputShape"]),
            classes=task["classes"],
            threads=options["threads"],
        )
        setup(context)
    return predict


def signature(options):
    task = options.get("task") or {}
    shape = task.get("inputShape") or [None, None, None]
    return {
        "inputs": [{"name": "batch", "dtype": "float32", "shape": [None, *shape]}],
        # Every number that a model may return is a float64 without loss.
        "outputs": [{"name": "scores", "dtype": "float64", "shape": [None, task.get("classes")]}],
        "layout": "nhwc",
    }


def to_batch(shape, body):
    """The rows as an array of float32, or as nested lists where there is no NumPy."""
    if numpy is not None:
        return numpy.frombuffer(body, dtype="<f4").reshape(shape)
    return memoryview(body).cast("f", shape).tolist()


def to_scores(result):
    """Shape and bytes of what `predict` returned, as float64."""
    if numpy is not None:
        values = numpy.asarray(result)
        if values.dtype.kind not in "biuf":
            raise Refused("output-dtype", expected="float64", received=str(values.dtype)[:40])
        if values.ndim > MAX_DIMENSIONS:
            raise Refused("output-shape", expected="[N,?]", received=f"{values.ndim} dimensions")
        return list(values.shape), values.astype("<f8").tobytes()
    rows = list(result)
    lengths = {len(row) if isinstance(row, (list, tuple, array.array)) else None for row in rows}
    if None in lengths:
        raise Refused("output-shape", expected="[N,?]", received=f"[{len(rows)}]")
    if len(lengths) > 1:
        raise Refused("output-shape", expected="[N,?]", received="rows of different lengths")
    values = array.array("d")
    for row in rows:
        values.extend(row)
    return [len(rows), *lengths], values.tobytes()


def main():
    nonce, _, _ = read_frame()
    write_frame(nonce, {"type": "ready"})
    _, request, _ = read_frame()
    options = request["options"]
    try:
        predict = load(options)
    except SystemExit:
        raise
    except BaseException as error:
        write_frame(nonce, failed(error, "code-load"))
        wait_for_end()
    engine = {
        "name": "python",
        "version": ".".join(map(str, sys.version_info[:3])),
        "provider": "cpu",
        "threads": options["threads"],
    }
    write_frame(nonce, {"type": "model", "signature": signature(options), "engine": engine})
    while True:
        _, request, body = read_frame()
        try:
            shape, data = to_scores(predict(to_batch(request["tensors"][0]["shape"], body)))
        except SystemExit:
            raise
        except BaseException as error:
            write_frame(nonce, failed(error, "code-run"))
            wait_for_end()
        tensor = {"name": "scores", "dtype": "float64", "shape": shape}
        write_frame(nonce, {"type": "outputs", "id": request["id"], "tensors": [tensor]}, data)


# The host knows from its probe whether NumPy is there: that it cannot be imported is then an error.
numpy = __import__("numpy") if "numpy" in sys.argv[1:] else None

if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    main()
