# Uses no processor time and never answers.
# expect: TIME_LIMIT
import time


def predict(batch):
    time.sleep(3600)
