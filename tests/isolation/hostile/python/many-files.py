# Makes 200,000 files and 5,000 folders inside each other, so that nobody can clean up after it.
# expect: OK | MEMORY_LIMIT
import os


def predict(batch):
    try:
        for number in range(200_000):
            open(f"/tmp/{number}", "w").close()
        os.chdir("/tmp")
        for _ in range(5_000):
            os.mkdir("deeper")
            os.chdir("deeper")
    except OSError:
        pass
    return [[1, 0, 0]] * len(batch)
