"""The build of one patient's chest: the numbers, drawn at random, that its picture follows from."""

from dataclasses import dataclass
from typing import Self

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Anatomy:
    """Sizes and positions in canvas units; pairs are (image left, image right).

    Attributes:
        body_half_width: Half the width of the torso.
        shoulder: Height of the shoulders.
        fat: Thickness of the soft tissue around and over the lungs.
        apex: Height of the top of each lung.
        base: Height of the diaphragm at the middle of each lung.
        medial: Distance of each lung's inner border from the midline.
        lateral: Distance of each lung's outer border from the midline, at its widest.
        dome: How far the diaphragm bulges upwards.
        heart_center: x and y of the heart's centre.
        heart_radii: Half the heart's length and breadth.
        heart_angle: Tilt of the heart's long axis, in radians.
        rib_spacing: Distance between ribs.
        rib_slope: How steeply the ribs fall towards the side.
        rib_density: Brightness of the ribs.
        rib_phase: Shift of the first rib, as a share of the spacing.
        clavicle: Height of the collar bones at their inner end.
        vessel_density: Brightness of the vessels that fan out from the roots of the lungs.
        lung_air: How dark the lungs are.
        breast: Density of the breast shadows over the lower lungs.
        stomach_bubble: Darkness of the air under the diaphragm on the right of the image.
    """

    body_half_width: float
    shoulder: float
    fat: float
    apex: tuple[float, float]
    base: tuple[float, float]
    medial: tuple[float, float]
    lateral: tuple[float, float]
    dome: float
    heart_center: tuple[float, float]
    heart_radii: tuple[float, float]
    heart_angle: float
    rib_spacing: float
    rib_slope: float
    rib_density: float
    rib_phase: float
    clavicle: float
    vessel_density: float
    lung_air: float
    breast: float
    stomach_bubble: float

    @classmethod
    def sample(cls, generator: np.random.Generator) -> Self:
        """Draws a patient. Nothing here depends on the disease."""
        uniform = generator.uniform
        lateral = uniform(0.60, 0.80)
        base = uniform(0.38, 0.66)
        apex = uniform(-0.80, -0.62)
        heart = uniform(0.32, 0.46)
        has_breast_shadow = uniform() < 0.4
        return cls(
            body_half_width=lateral + uniform(0.10, 0.28),
            shoulder=apex + uniform(-0.16, 0.04),
            fat=uniform(0.15, 0.55),
            apex=(apex + uniform(-0.03, 0.03), apex + uniform(-0.03, 0.03)),
            # The liver pushes the diaphragm up on the patient's right, which is the left of the image.
            base=(base - uniform(0.01, 0.09), base),
            medial=(uniform(0.09, 0.17), uniform(0.09, 0.17)),
            lateral=(lateral + uniform(-0.03, 0.03), lateral + uniform(-0.03, 0.03)),
            dome=uniform(0.06, 0.16),
            heart_center=(uniform(0.08, 0.18), base - uniform(0.16, 0.26)),
            heart_radii=(heart, heart * uniform(0.62, 0.80)),
            heart_angle=uniform(0.35, 0.85),
            rib_spacing=uniform(0.15, 0.19),
            rib_slope=uniform(0.20, 0.55),
            rib_density=uniform(0.10, 0.26),
            rib_phase=uniform(0, 1),
            clavicle=apex + uniform(0.06, 0.18),
            vessel_density=uniform(0.10, 0.24),
            lung_air=uniform(0.75, 1.0),
            breast=uniform(0.05, 0.22) if has_breast_shadow else 0.0,
            stomach_bubble=uniform(0.1, 0.4) if uniform() < 0.5 else 0.0,
        )
