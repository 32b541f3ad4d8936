"""The quickstart's phantoms are generated within 10 s, and no shortcut tells their classes apart."""

import statistics
import time

import numpy as np
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.support.measurement import Measurement
from medimage.config.sources import SyntheticConfig
from medimage.data.synthetic import encode_png, generate_phantoms

_SHORTCUT_TARGET = 0.60


def measure() -> Measurement:
    """Generates the default set three times, then tries mean intensity and a linear model on 32 px thumbnails."""
    config = SyntheticConfig()
    seconds = []
    phantoms = []
    for _ in range(3):
        start = time.perf_counter()
        phantoms = list(
            generate_phantoms(
                patients_per_class=config.patients_per_class,
                images_per_patient=config.images_per_patient,
                image_size=config.image_size,
                seed=config.seed,
            )
        )
        for phantom in phantoms:
            encode_png(phantom.pixels)
        seconds.append(time.perf_counter() - start)
    labels = np.asarray([phantom.class_name for phantom in phantoms])
    groups = np.asarray([phantom.patient for phantom in phantoms])
    thumbnails = np.stack(
        [np.asarray(Image.fromarray(phantom.pixels).resize((32, 32))).ravel() / 255 for phantom in phantoms]
    )
    means = np.asarray([[phantom.pixels.mean()] for phantom in phantoms])
    scores = {"mean intensity": _score(means, labels, groups), "linear model": _score(thumbnails, labels, groups)}
    holds = max(scores.values()) < _SHORTCUT_TARGET
    return Measurement(
        name="phantoms",
        measured=statistics.median(seconds) if holds else float("inf"),
        target=10,
        unit="s",
        direction="at_most",
        details=(
            f"{len(phantoms)} images in {', '.join(f'{value:.1f} s' for value in seconds)}",
            *(f"balanced accuracy of {name}: {score:.3f} (below {_SHORTCUT_TARGET})" for name, score in scores.items()),
        ),
    )


def _score(features: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> float:
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000, C=0.01))
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    return float(balanced_accuracy_score(labels, cross_val_predict(model, features, labels, groups=groups, cv=folds)))
