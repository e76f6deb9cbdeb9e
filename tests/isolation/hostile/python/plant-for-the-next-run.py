# Plants files that Python reads when it starts, and looks whether an earlier run of it has succeeded.
# expect: OK
# runs: 2
import os
import site
import sys

CODE = "import os, sys; sys.planted = True; os.environ['planted'] = '1'"
NAMES = ("sitecustomize.py", "usercustomize.py", "planted.pth", "numpy.py")
PLACES = [*sys.path, *site.getsitepackages(), site.getusersitepackages(), "/tmp", "/rt", "/submission"]

assert "planted" not in os.environ and not hasattr(sys, "planted"), "a planted file was read"
for place in PLACES:
    assert not os.path.exists(os.path.join(place, "planted.pth")), "a planted file was kept"


def predict(batch):
    for place in PLACES:
        for name in NAMES:
            try:
                os.makedirs(place, exist_ok=True)
                with open(os.path.join(place, name), "w") as file:
                    file.write(CODE)
            except OSError:
                pass
    return [[1, 0, 0]] * len(batch)
