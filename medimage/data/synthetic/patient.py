"""One synthetic patient: anatomy, disease, and images from several positions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from medimage.data.box import Box
from medimage.data.synthetic.anatomy import Anatomy
from medimage.data.synthetic.body import healthy_attenuation
from medimage.data.synthetic.canvas import FloatArray, canvas_of
from medimage.data.synthetic.findings import paint_findings
from medimage.data.synthetic.lungs import lung_fields
from medimage.data.synthetic.phantom import PHANTOM_CLASSES, Phantom
from medimage.data.synthetic.scanner import SCANNERS, Scanner
from medimage.data.synthetic.view import View

VISIBLE_SHARE: Final = 0.1
"""A finding's box encloses every pixel that it changes by at least this share of its greatest change."""


@dataclass(frozen=True, eq=False, kw_only=True)
class SyntheticPatient:
    """A patient drawn on the canvas, from which images are taken.

    Attributes:
        class_name: One of `PHANTOM_CLASSES`.
        number: Number within the class, from 0.
        seed: Seed of the whole set.
        scanner: The machine that takes all images of the patient.
        healthy: float32, shape [size, size]: attenuation without the disease.
        findings: What the disease changes, one float32 [size, size] per finding.
    """

    class_name: str
    number: int
    seed: int
    scanner: Scanner
    healthy: FloatArray
    findings: Sequence[FloatArray]

    def take_image(self, number: int, *, image_size: int) -> Phantom:
        """Takes an image; the same number gives the same image.

        Args:
            number: Number of the image, from 0: it decides on position, exposure and noise.
            image_size: Height and width of the image, in pixels.
        """
        generator = _generator(self.seed, self.class_name, self.number, number)
        view = View.sample(generator)
        attenuation = sum(self.findings, start=self.healthy)
        return Phantom(
            name=f"{self.class_name}-{self.number:04d}-{number}",
            class_name=self.class_name,
            patient=f"{self.class_name}-{self.number:04d}",
            scanner=self.scanner.name,
            pixels=self.scanner.acquire(view.project(attenuation, image_size=image_size), generator),
            lesion_boxes=tuple(
                _box_around(view.project(np.abs(finding), image_size=image_size)) for finding in self.findings
            ),
        )


def draw_patient(class_name: str, number: int, *, image_size: int, seed: int) -> SyntheticPatient:
    """Draws a patient, who depends on nothing but the class, the number and the seed.

    Args:
        class_name: One of `PHANTOM_CLASSES`.
        number: Number within the class, from 0.
        image_size: Height and width of the images to be taken, in pixels: sets the resolution of the drawing.
        seed: Seed of the whole set, not negative.
    """
    generator = _generator(seed, class_name, number)
    canvas = canvas_of(image_size)
    anatomy = Anatomy.sample(generator)
    lungs = lung_fields(anatomy, canvas)
    return SyntheticPatient(
        class_name=class_name,
        number=number,
        seed=seed,
        # Taking turns gives every class the same share of both machines.
        scanner=SCANNERS[number % len(SCANNERS)],
        healthy=healthy_attenuation(anatomy, lungs, canvas, generator),
        findings=tuple(paint_findings(class_name, lungs, canvas, generator)),
    )


def _generator(seed: int, class_name: str, *key: int) -> np.random.Generator:
    """Returns a stream of its own for each patient, and for each image, so that adding others changes none."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(PHANTOM_CLASSES.index(class_name), *key)))


def _box_around(change: FloatArray) -> Box:
    visible = change >= VISIBLE_SHARE * change.max()
    rows, columns = np.flatnonzero(visible.any(axis=1)), np.flatnonzero(visible.any(axis=0))
    return Box(left=int(columns[0]), top=int(rows[0]), right=int(columns[-1]) + 1, bottom=int(rows[-1]) + 1)
