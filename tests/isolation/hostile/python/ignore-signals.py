# Ignores every signal that can be ignored and computes without end.
# expect: TIME_LIMIT
import signal

for number in signal.valid_signals():
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass


def predict(batch):
    while True:
        pass
