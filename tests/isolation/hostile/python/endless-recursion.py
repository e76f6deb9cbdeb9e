# Calls itself without end.
# expect: RUN_ERROR code-run


def predict(batch):
    return predict(batch)
