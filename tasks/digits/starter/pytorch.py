"""Train a small network in PyTorch and export it to ONNX.

    pip install torch onnx onnxscript numpy
    python pytorch.py digits-train.npz

Submit the two files that it writes, model.onnx and model.onnx.data, together.
"""

import sys

import numpy as np
import torch
from torch import nn

data = np.load(sys.argv[1] if len(sys.argv) > 1 else "digits-train.npz")
images = torch.from_numpy(data["images"]).permute(0, 3, 1, 2) / 255  # [N, 1, 28, 28], from 0 to 1
labels = torch.from_numpy(data["labels"])

model = nn.Sequential(
    nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(256, 10),
)  # fmt: skip
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)

for epoch in range(1, 7):
    for rows in torch.randperm(len(images)).split(64):
        loss = nn.functional.cross_entropy(model(images[rows]), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: loss {loss.item():.4f}")

torch.onnx.export(
    model.eval(),
    (images[:2],),
    "model.onnx",
    input_names=["image"],
    output_names=["scores"],
    dynamic_shapes=({0: "N"},),  # any number of images at a time
    dynamo=True,
)
