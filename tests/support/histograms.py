"""Histograms of made-up images, and the gray levels fitted on them."""

import numpy as np

from medimage.export.fit_intensity_reference import fit_intensity_reference
from medimage.serving.quality.intensity_reference import IntensityReference


def counts(seed: int, *, images: int, channels: int = 1) -> np.ndarray:
    """Returns counts of 400 gray levels around 90, shape [images, channels, 256]."""
    generator = np.random.default_rng(seed)
    values = np.clip(generator.normal(90, 20, (images, channels, 400)), 0, 255).astype(np.int64)
    return np.stack([[np.bincount(channel, minlength=256) for channel in image] for image in values])


def fitted(*, training: int = 50, held_out: int = 500, channels: int = 1) -> IntensityReference:
    """Returns the reference of such images."""
    reference = fit_intensity_reference(
        counts(1, images=training, channels=channels), counts(2, images=held_out, channels=channels)
    )
    assert reference is not None
    return reference
