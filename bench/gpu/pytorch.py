"""The networks of bench/gpu.ts in PyTorch on CUDA: prints their rates as one JSON object.

The weights differ, which the speed does not notice. A rate counts the copy to the card and back, as there.
"""

import json
import statistics
import sys
import time

import torch
from torch import nn

if not torch.cuda.is_available():
    sys.exit("PyTorch finds no CUDA device")

SECONDS = float(sys.argv[1])
DEVICE = torch.device("cuda")
# float32 throughout, as ONNX Runtime is held to.
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
torch.backends.cudnn.benchmark = True


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def wide():
    layers = []
    for before, after in ((3, 64), (64, 128), (128, 256)):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU()]
        layers += [nn.Conv2d(after, after, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 10))


@torch.inference_mode()
def measure(network, batch, shape):
    images = torch.rand(batch, *shape)

    def once():
        started = time.perf_counter()
        network(images.to(DEVICE)).cpu()
        return time.perf_counter() - started

    for _ in range(3):
        once()
    times = []
    end = time.perf_counter() + SECONDS
    while not times or time.perf_counter() < end:
        times.append(once())
    return batch / statistics.median(times)


rates = []
for name, build, shape in (("lenet", lenet, (1, 28, 28)), ("wide", wide, (3, 64, 64))):
    network = build().eval().to(DEVICE)
    for batch in (1, 64, 1024):
        rate = measure(network, batch, shape)
        rates.append({"network": name, "batch": batch, "engine": "pytorch", "provider": "cuda", "images_per_s": rate})
print(json.dumps({"device": f"{torch.cuda.get_device_name()}, PyTorch {torch.__version__}", "rates": rates}))
