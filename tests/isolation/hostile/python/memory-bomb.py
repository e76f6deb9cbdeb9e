# Takes memory until there is none.
# expect: MEMORY_LIMIT
# memory: 256


def predict(batch):
    taken = []
    while True:
        taken.append(b"x" * 2**22)
