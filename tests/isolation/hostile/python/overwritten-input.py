# Writes over the batch that it was given and keeps it, to change what comes after.
# expect: OK
kept = []


def predict(batch):
    for earlier in kept:
        assert (earlier == -1).all(), "batches share memory"
    number = len(kept)
    assert batch.ravel()[0] == number * batch.size, "a later batch was changed"
    batch[:] = -1
    kept.append(batch)
    return [[1, 0, 0]] * len(batch)
