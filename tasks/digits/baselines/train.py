"""Train the ONNX baselines of the digits task, on its train split alone.

    pip install torch==2.13.0 onnx==1.23.1 onnxscript==0.7.2 numpy==2.4.6
    npx certamen evaluate --task tasks/digits --split train --model tasks/digits/baselines/logreg.onnx
    python tasks/digits/baselines/train.py

The second line is there only because naming the task prepares its data. The committed files were
made by these versions under Python 3.11 on an x86-64 CPU with two threads, in about a minute, and
come out byte for byte the same there. The seed fixes initial weights, batches and augmentation; other
versions and processors round differently, and their weights drift apart.

Each model takes float32 [N, 1, 28, 28] in [0, 1] (raw pixels / 255) and answers logits [N, 10].
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

SEED = 1998
BATCH = 64
HERE = Path(__file__).resolve().parent


def logreg():
    """Multinomial logistic regression on pixels."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))


def mlp():
    """One hidden layer of 64 units."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))


def lenet5():
    """LeNet-5's layer sizes (LeCun et al. 1998) with today's ReLU, max pooling and linear output."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(),
        nn.Linear(120, 84), nn.ReLU(),
        nn.Linear(84, 10),
    )  # fmt: skip


def jitter(images, generator):
    """Small random turns (10 degrees), scalings (10 %) and shifts (2 pixels), one per image."""
    n = len(images)
    turn, scale, dx, dy = (torch.rand(4, n, generator=generator) * 2 - 1).unbind()
    angle = turn * (10 * torch.pi / 180)
    zoom = 1 + 0.1 * scale
    rows = [zoom * angle.cos(), -zoom * angle.sin(), dx / 7, zoom * angle.sin(), zoom * angle.cos(), dy / 7]
    grid = F.affine_grid(torch.stack(rows, dim=1).view(n, 2, 3), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)


def train(model, images, labels, epochs, rate, decay, augment):
    """AdamW with a one-cycle learning rate; the last weights are kept, nothing is selected."""
    generator = torch.Generator().manual_seed(SEED)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=decay)
    steps = epochs * -(-len(labels) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=rate, total_steps=steps)
    model.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(labels), generator=generator).split(BATCH):
            batch = jitter(images[rows], generator) if augment else images[rows]
            loss = F.cross_entropy(model(batch), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return loss.item()


def export(model, path):
    """One self-contained ONNX file with a free batch dimension."""
    model.eval()
    program = torch.onnx.export(
        model,
        (torch.zeros(2, 1, 28, 28),),
        input_names=["image"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("N")},),
        opset_version=18,
        dynamo=True,
        verbose=False,
    )
    # The exporter notes its call stack on every node; that is of no use here and names local folders.
    for item in (program.model, program.model.graph, *program.model.graph, *program.model.graph.inputs):
        item.metadata_props.clear()
    for value in (v for node in program.model.graph for v in node.outputs):
        value.metadata_props.clear()
    program.save(path, external_data=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=HERE.parent / "train", help="folder of the train split")
    parser.add_argument("--out", type=Path, default=HERE, help="folder for the .onnx files")
    options = parser.parse_args()

    torch.set_num_threads(2)
    torch.use_deterministic_algorithms(True)
    images = torch.from_numpy(np.load(options.data / "images.npy")).permute(0, 3, 1, 2) / 255
    labels = torch.from_numpy(np.load(options.data / "labels.npy").astype(np.int64))
    recipes = [
        (logreg, {"epochs": 15, "rate": 0.003, "decay": 0.01, "augment": False}),
        (mlp, {"epochs": 15, "rate": 0.003, "decay": 0.01, "augment": False}),
        (lenet5, {"epochs": 40, "rate": 0.004, "decay": 0.01, "augment": True}),
    ]
    for build, recipe in recipes:
        torch.manual_seed(SEED)
        model = build()
        loss = train(model, images, labels, **recipe)
        export(model, options.out / f"{build.__name__}.onnx")
        print(f"{build.__name__}: last training loss {loss:.4f}")


if __name__ == "__main__":
    main()
