# Writes into every folder that takes it, until none does.
# expect: OK
import os


def predict(batch):
    written = 0
    for folder in ("/tmp", "/dev/shm", "/var/tmp", "/run", "/"):
        try:
            with open(os.path.join(folder, "filler"), "wb", buffering=0) as file:
                while written < 2**30:
                    written += file.write(b"x" * 2**20)
        except OSError:
            pass
    assert written <= 2**26, f"{written >> 20} MiB"
    return [[1, 0, 0]] * len(batch)
