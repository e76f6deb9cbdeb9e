# Opens a pickle that makes a file when it is opened. It may: in here, where the file goes with the run.
# expect: OK
# with: evil.pkl
import pickle


def predict(batch):
    try:
        with open("evil.pkl", "rb") as file:
            pickle.load(file)
    except OSError:
        pass  # Nothing can be written at all at level partial.
    return [[1, 0, 0]] * len(batch)
