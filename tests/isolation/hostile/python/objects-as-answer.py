# Returns objects where numbers are due.
# expect: BAD_OUTPUT output-dtype


def predict(batch):
    return [[object(), 0, 0]] * len(batch)
