# Raises an error that raises another when it is read.
# expect: RUN_ERROR code-run
# detail: Unreadable: an error that cannot be read


class Unreadable(Exception):
    def __str__(self):
        raise ValueError


def predict(batch):
    raise Unreadable
