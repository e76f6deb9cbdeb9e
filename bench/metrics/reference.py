"""The Python side of bench/metrics.ts: computes one metric with each reference that is installed.

    python3 reference.py CASE FOLDER --repeats N --seconds S --threads T [--cpu]

Reads the arrays (.npy) and texts (.json) of FOLDER, then times each reference, best of N repeats, fewer
when S seconds are over. Prints one JSON list: reference, values, ms; or reference, absent.
"""
import argparse
import contextlib
import importlib
import io
import json
import math
import os
import re
import sys
import time
import warnings
from importlib.metadata import version

REFERENCES = {}


def reference(case, package, note=None):
    """Registers a function of (data) that imports, converts what it likes, and gives back the timed call."""

    def register(prepare):
        REFERENCES.setdefault(case, []).append((package, note, prepare))
        return prepare

    return register


class Data:
    def __init__(self, folder):
        self.folder = folder

    def __getattr__(self, name):
        import numpy as np

        path = os.path.join(self.folder, name)
        if os.path.exists(path + ".npy"):
            return np.load(path + ".npy")
        with open(path + ".json", encoding="utf-8") as file:
            return json.load(file)

    def torch(self, name, dtype=None):
        import torch

        tensor = torch.from_numpy(getattr(self, name))
        return tensor if dtype is None else tensor.to(getattr(torch, dtype))


# Classification


@reference("top5_error", "scikit-learn")
def _(data):
    from sklearn.metrics import top_k_accuracy_score

    scores, labels = data.scores, data.labels
    classes = list(range(scores.shape[1]))
    return lambda: 1 - top_k_accuracy_score(labels, scores, k=5, labels=classes)


@reference("top5_error", "torchmetrics")
def _(data):
    from torchmetrics.functional.classification import multiclass_accuracy

    scores, labels = data.torch("scores"), data.torch("labels", "int64")
    classes = scores.shape[1]
    return lambda: 1 - multiclass_accuracy(scores, labels, classes, average="micro", top_k=5).item()


@reference("top5_error", "torch", "topk")
def _(data):
    import torch

    scores, labels = data.torch("scores"), data.torch("labels", "int64")

    def compute():
        guesses = torch.topk(scores, 5, dim=1).indices
        return 1 - (guesses == labels[:, None]).any(dim=1).double().mean().item()

    return compute


@reference("macro_f1", "scikit-learn")
def _(data):
    from sklearn.metrics import f1_score

    labels, predictions = data.labels, data.predictions
    return lambda: f1_score(labels, predictions, average="macro")


@reference("macro_f1", "torchmetrics")
def _(data):
    from torchmetrics.functional.classification import multiclass_f1_score

    labels, predictions = data.torch("labels", "int64"), data.torch("predictions", "int64")
    classes = int(labels.max()) + 1
    return lambda: multiclass_f1_score(predictions, labels, classes, average="macro").item()


@reference("cohen_kappa", "scikit-learn")
def _(data):
    from sklearn.metrics import cohen_kappa_score

    labels, predictions = data.labels, data.predictions
    return lambda: cohen_kappa_score(labels, predictions)


@reference("auroc", "scikit-learn")
def _(data):
    from sklearn.metrics import roc_auc_score

    labels, scores = data.labels, data.scores
    return lambda: roc_auc_score(labels, scores)


@reference("auroc", "torchmetrics")
def _(data):
    from torchmetrics.functional.classification import binary_auroc

    labels, scores = data.torch("labels", "int64"), data.torch("scores")
    return lambda: binary_auroc(scores, labels).item()


@reference("ece", "torchmetrics")
def _(data):
    from torchmetrics.functional.classification import multiclass_calibration_error

    labels, scores = data.torch("labels", "int64"), data.torch("scores")
    classes = scores.shape[1]
    return lambda: multiclass_calibration_error(scores, labels, classes, n_bins=15, norm="l1").item()


@reference("brier", "scikit-learn")
def _(data):
    from sklearn.metrics import brier_score_loss

    labels, scores = data.labels, data.scores
    return lambda: brier_score_loss(labels, scores)


# Regression


@reference("spearman", "scipy")
def _(data):
    from scipy.stats import spearmanr

    a, b = data.a, data.b
    return lambda: float(spearmanr(a, b).statistic)


@reference("rmse", "scikit-learn")
def _(data):
    from sklearn.metrics import root_mean_squared_error

    a, b = data.a, data.b
    return lambda: root_mean_squared_error(a, b)


# Detection


@reference("coco_ap", "pycocotools")
def _(data):
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    boxes, areas, crowd = data.truth_boxes, data.truth_areas, data.truth_crowd
    truth = [
        {
            "id": i + 1,
            "image_id": int(image),
            "category_id": int(category),
            "bbox": [float(v) for v in boxes[i]],
            "area": float(areas[i]),
            "iscrowd": int(crowd[i]),
        }
        for i, (image, category) in enumerate(zip(data.truth_images, data.truth_categories))
    ]
    boxes, scores = data.found_boxes, data.found_scores
    found = [
        {
            "image_id": int(image),
            "category_id": int(category),
            "bbox": [float(v) for v in boxes[i]],
            "score": float(scores[i]),
        }
        for i, (image, category) in enumerate(zip(data.found_images, data.found_categories))
    ]
    gt = COCO()
    gt.dataset = {
        "images": [{"id": i} for i in range(int(data.found_images.max()) + 1)],
        "categories": [{"id": i} for i in range(int(data.truth_categories.max()) + 1)],
        "annotations": truth,
    }
    gt.createIndex()
    dt = gt.loadRes(found)

    def compute():
        evaluation = COCOeval(gt, dt, "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
        return [float(value) for value in evaluation.stats]

    return compute


# Sequences and text


@reference("wer", "jiwer")
def _(data):
    import jiwer

    references, hypotheses = data.references, data.hypotheses
    return lambda: jiwer.wer(references, hypotheses)


def as_jiwer(references, hypotheses, split):
    """What jiwer 4 does around rapidfuzz: clean, split, number the tokens, align, count by operation."""
    from rapidfuzz.distance import Levenshtein

    def tokens(texts):
        return [split(re.sub(r"\s\s+", " ", text).strip()) for text in texts]

    def compute():
        truth, heard = tokens(references), tokens(hypotheses)
        vocabulary = {token for sentence in truth + heard for token in sentence}
        letters = {token: chr(number) for number, token in enumerate(vocabulary)}
        counts = {"equal": 0, "replace": 0, "delete": 0, "insert": 0}
        for one, other in zip(truth, heard):
            left, right = "".join(letters[token] for token in one), "".join(letters[token] for token in other)
            for tag, i1, i2, j1, j2 in Levenshtein.opcodes(left, right):
                counts[tag] += max(i2 - i1, j2 - j1)
        errors = counts["replace"] + counts["delete"]
        return (errors + counts["insert"]) / (errors + counts["equal"])

    return compute


@reference("wer", "rapidfuzz", "used as jiwer does")
def _(data):
    references, hypotheses = data.references, data.hypotheses
    return as_jiwer(references, hypotheses, str.split)


@reference("wer", "rapidfuzz", "distance alone")
def _(data):
    from rapidfuzz.distance import Levenshtein

    references, hypotheses = data.references, data.hypotheses

    def compute():
        errors = words = 0
        for one, other in zip(references, hypotheses):
            truth = one.split()
            errors += Levenshtein.distance(truth, other.split())
            words += len(truth)
        return errors / words

    return compute


@reference("wer", "torchmetrics")
def _(data):
    from torchmetrics.functional.text import word_error_rate

    references, hypotheses = data.references, data.hypotheses
    return lambda: word_error_rate(hypotheses, references).item()


@reference("cer", "jiwer")
def _(data):
    import jiwer

    references, hypotheses = data.references, data.hypotheses
    return lambda: jiwer.cer(references, hypotheses)


@reference("cer", "rapidfuzz", "used as jiwer does")
def _(data):
    references, hypotheses = data.references, data.hypotheses
    return as_jiwer(references, hypotheses, list)


@reference("cer", "rapidfuzz", "distance alone")
def _(data):
    from rapidfuzz.distance import Levenshtein

    references, hypotheses = data.references, data.hypotheses

    def compute():
        errors = sum(map(Levenshtein.distance, references, hypotheses))
        return errors / sum(map(len, references))

    return compute


@reference("bleu", "sacrebleu")
def _(data):
    import sacrebleu

    references, hypotheses = data.references, data.hypotheses
    return lambda: sacrebleu.corpus_bleu(hypotheses, [references]).score / 100


# Images


@reference("ssim", "scikit-image")
def _(data):
    from skimage.metrics import structural_similarity

    a, b = data.a, data.b
    options = dict(gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255, channel_axis=0)
    return lambda: sum(structural_similarity(x, y, **options) for x, y in zip(a, b)) / len(a)


@reference("ssim", "torchmetrics")
def _(data):
    from torchmetrics.functional.image import structural_similarity_index_measure as ssim

    a, b = data.torch("a", "float32"), data.torch("b", "float32")

    def compute():
        total = 0.0
        for i in range(0, len(a), 25):
            full = ssim(b[i : i + 25], a[i : i + 25], data_range=255.0, return_full_image=True)[1]
            total += full[..., 5:-5, 5:-5].double().mean(dim=(1, 2, 3)).sum().item()
        return total / len(a)

    return compute


@reference("psnr", "scikit-image")
def _(data):
    from skimage.metrics import peak_signal_noise_ratio

    a, b = data.a, data.b
    return lambda: float(sum(peak_signal_noise_ratio(x, y, data_range=255) for x, y in zip(a, b)) / len(a))


@reference("psnr", "torchmetrics")
def _(data):
    from torchmetrics.functional.image import peak_signal_noise_ratio

    a, b = data.torch("a", "float32"), data.torch("b", "float32")
    options = dict(data_range=255.0, dim=(1, 2, 3), reduction="elementwise_mean")
    return lambda: peak_signal_noise_ratio(b, a, **options).item()


@reference("miou_cityscapes", "numpy", "bincount")
def _(data):
    import numpy as np

    truth, predicted, classes = data.truth, data.predicted, 19

    def compute():
        confusion = np.zeros((classes, classes))
        for t, p in zip(truth, predicted):
            pairs = classes * t.ravel().astype(np.int64) + p.ravel()
            confusion += np.bincount(pairs, minlength=classes**2).reshape(classes, classes)
        both = np.diag(confusion)
        return float((both / (confusion.sum(0) + confusion.sum(1) - both)).mean())

    return compute


@reference("miou_cityscapes", "torchmetrics")
def _(data):
    from torchmetrics.functional.classification import multiclass_jaccard_index

    truth, predicted = data.torch("truth", "int64"), data.torch("predicted", "int64")
    return lambda: multiclass_jaccard_index(predicted, truth, 19).item()


@reference("fid", "scipy", "as pytorch-fid")
def _(data):
    import numpy as np
    from scipy import linalg

    a, b = data.a.astype(np.float64), data.b.astype(np.float64)

    def compute():
        difference = a.mean(axis=0) - b.mean(axis=0)
        one, other = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
        root = linalg.sqrtm(one @ other)
        trace = np.trace(one) + np.trace(other) - 2 * np.trace(root.real)
        return float(difference @ difference + trace)

    return compute


@reference("fid", "torchmetrics")
def _(data):
    import torch
    from torchmetrics.image.fid import _compute_fid

    a, b = data.torch("a", "float64"), data.torch("b", "float64")

    def compute():
        # What FrechetInceptionDistance keeps of features and makes of it.
        def moments(x):
            mean = x.sum(dim=0) / len(x)
            return mean, (x.t().mm(x) - len(x) * mean[:, None] * mean[None]) / (len(x) - 1)

        (m1, s1), (m2, s2) = moments(a), moments(b)
        return _compute_fid(m1, s1, m2, s2).item()

    return compute


@reference("kid", "torchmetrics")
def _(data):
    from torchmetrics.image.kid import poly_mmd

    a, b = data.torch("a", "float64"), data.torch("b", "float64")
    return lambda: poly_mmd(a, b).item()


def measure(compute, repeats, seconds, clock):
    best, values, started = math.inf, None, time.perf_counter()
    for _ in range(repeats):
        before = clock()
        with contextlib.redirect_stdout(io.StringIO()):
            values = compute()
        best = min(best, clock() - before)
        if time.perf_counter() - started > seconds:
            break
    return values if isinstance(values, list) else [float(values)], 1000 * best


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("case")
    parser.add_argument("folder")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--threads", type=int, default=0, help="0: as many as the libraries like")
    parser.add_argument("--cpu", action="store_true", help="processor time in place of the clock")
    options = parser.parse_args()
    clock = time.process_time if options.cpu else time.perf_counter
    warnings.simplefilter("ignore")
    if options.threads > 0:
        with contextlib.suppress(ImportError):
            importlib.import_module("torch").set_num_threads(options.threads)
    data, results = Data(options.folder), []
    for package, note, prepare in REFERENCES.get(options.case, []):
        suffix = "" if note is None else f", {note}"
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                compute = prepare(data)
        except ImportError as error:
            results.append({"reference": package + suffix, "absent": str(error)})
            continue
        values, ms = measure(compute, options.repeats, options.seconds, clock)
        name = f"{package} {version(package)}{suffix}"
        results.append({"reference": name, "values": values, "ms": ms})
    json.dump(results, sys.stdout)


main()
