"""Train a small network in Keras and export it to ONNX.

    pip install keras torch onnx onnxscript numpy
    python keras_onnx.py digits-train.npz

Submit what it writes: model.onnx. Keras exports to ONNX through PyTorch, hence the backend.
"""

import os
import sys

os.environ["KERAS_BACKEND"] = "torch"
import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402

data = np.load(sys.argv[1] if len(sys.argv) > 1 else "digits-train.npz")
images = data["images"].astype("float32") / 255  # [N, 28, 28, 1], from 0 to 1
labels = data["labels"]

model = keras.Sequential([
    keras.Input((28, 28, 1)),
    layers.Conv2D(8, 5, activation="relu"), layers.MaxPooling2D(),
    layers.Conv2D(16, 5, activation="relu"), layers.MaxPooling2D(),
    layers.Flatten(), layers.Dense(10),
])  # fmt: skip
model.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(images, labels, batch_size=64, epochs=8)

model.export("model.onnx", format="onnx")
