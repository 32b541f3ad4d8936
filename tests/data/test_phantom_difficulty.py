"""What must not be enough to tell the classes apart: brightness, contrast, and linear models of small images."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from medimage.data.synthetic import Phantom, generate_phantoms

HIGHEST_BALANCED_ACCURACY = 0.60


@pytest.fixture(scope="module")
def phantoms() -> list[Phantom]:
    return list(generate_phantoms(patients_per_class=60, images_per_patient=2, image_size=96, seed=0))


def linear_balanced_accuracy(
    features: NDArray[np.floating], phantoms: list[Phantom], *, inverse_penalty: float
) -> float:
    labels = [phantom.class_name for phantom in phantoms]
    predicted = cross_val_predict(
        make_pipeline(StandardScaler(), LogisticRegression(C=inverse_penalty, max_iter=200)),
        features,
        labels,
        groups=[phantom.patient for phantom in phantoms],
        cv=StratifiedGroupKFold(4, shuffle=True, random_state=0),
    )
    return float(balanced_accuracy_score(labels, predicted))


def test_mean_intensity_and_contrast_do_not_tell_the_class(phantoms: list[Phantom]) -> None:
    features = np.array([[phantom.pixels.mean(), phantom.pixels.std()] for phantom in phantoms])
    assert linear_balanced_accuracy(features[:, :1], phantoms, inverse_penalty=1) < 0.30
    assert linear_balanced_accuracy(features, phantoms, inverse_penalty=1) < 0.30


def test_histogram_does_not_tell_the_class(phantoms: list[Phantom]) -> None:
    features = np.array([np.bincount(phantom.pixels.ravel() // 8, minlength=32) for phantom in phantoms], dtype=float)
    assert linear_balanced_accuracy(features, phantoms, inverse_penalty=1) < 0.40


@pytest.mark.parametrize("inverse_penalty", [0.001, 0.01])
def test_linear_model_of_thumbnails_stays_below_the_bar(phantoms: list[Phantom], inverse_penalty: float) -> None:
    thumbnails = [Image.fromarray(phantom.pixels).resize((32, 32), Image.Resampling.BOX) for phantom in phantoms]
    features = np.array([np.asarray(thumbnail).ravel() for thumbnail in thumbnails], dtype=float)
    accuracy = linear_balanced_accuracy(features, phantoms, inverse_penalty=inverse_penalty)
    assert accuracy < HIGHEST_BALANCED_ACCURACY
