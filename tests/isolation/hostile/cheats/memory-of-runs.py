"""Leaves a note wherever it can for its next run: files in every folder, a sitecustomize, a bytecode
cache, descriptors, environment. Stops when it finds one."""

# expect: constant
import builtins
import os
import sys

NOTE = "certamen_note_to_myself"


def places():
    folders = {"/", "/tmp", "/dev/shm", "/var/tmp", "/run", "/home", "/submission", os.getcwd()}
    folders.update(folder for folder in sys.path if os.path.isdir(folder))
    for folder, inner, _ in os.walk("/"):
        folders.update(os.path.join(folder, name) for name in inner[:20])
        if len(folders) > 2000:
            break
    return folders


def find():
    if hasattr(builtins, NOTE) or NOTE in os.environ:
        raise RuntimeError("my note of an earlier run is in this process")
    for folder in places():
        for name in (NOTE, "sitecustomize.py", "usercustomize.py"):
            file = os.path.join(folder, name)
            if os.path.exists(file) and NOTE in open(file, errors="replace").read():
                raise RuntimeError("my note of an earlier run is in a file")


def leave():
    setattr(builtins, NOTE, True)
    os.environ[NOTE] = "1"
    for folder in places():
        for name in (NOTE, "sitecustomize.py", "usercustomize.py"):
            try:
                with open(os.path.join(folder, name), "w") as file:
                    file.write(f"import builtins\nbuiltins.{NOTE} = True\n")
            except OSError:
                pass


find()
leave()


def predict(batch):
    return [[1.0] + [0.0] * 9 for _ in batch]
