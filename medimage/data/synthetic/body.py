"""The healthy chest: how much each ray through the patient is weakened."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from medimage.data.synthetic.anatomy import Anatomy
from medimage.data.synthetic.canvas import Canvas, FloatArray, bump, rising_edge
from medimage.data.synthetic.lungs import LungField

RIBS: Final = 9
"""Ribs drawn on each side; the tenth and later ones lie below the lungs."""


def healthy_attenuation(
    anatomy: Anatomy, lungs: Sequence[LungField], canvas: Canvas, generator: np.random.Generator
) -> FloatArray:
    """Draws everything but disease.

    Returns:
        float32, shape [size, size]: attenuation in arbitrary units, 0 in the air beside the patient and about 1.5
        through soft tissue.
    """
    air = sum(lung.mask for lung in lungs) * anatomy.lung_air
    bones = _ribs(anatomy, canvas) + _clavicles(anatomy, canvas)
    inner = (
        _soft_tissue(anatomy, canvas)
        - air * (1 - 0.75 * _heart(anatomy, canvas))
        + _spine(anatomy, canvas)
        + bones
        + _breasts(anatomy, lungs, canvas)
        + sum(_vessels(anatomy, lung, canvas, generator) for lung in lungs)
        - _stomach_bubble(anatomy, canvas)
        + 0.03 * canvas.smooth_noise(generator, wavelength=0.12)
        + 0.10 * canvas.smooth_noise(generator, wavelength=1.1)
    )
    return inner * _body(anatomy, canvas)


def _body(anatomy: Anatomy, canvas: Canvas) -> FloatArray:
    """Returns 1 inside the patient's outline and 0 outside: a torso, sloping shoulders, a neck."""
    beside_neck = np.abs(canvas.x)
    shoulder_line = anatomy.shoulder + 0.45 * np.clip(beside_neck - 0.45, 0, None) ** 1.6
    # The line from the neck to the shoulder is hollow, so it runs along a cubic curve.
    shoulder_line = shoulder_line - 0.35 * np.clip(1 - beside_neck / 0.5, 0, 1) ** 2.5
    below_shoulder = rising_edge(canvas.y - shoulder_line, width=0.08)
    neck = rising_edge(0.20 - beside_neck, width=0.08)
    # The shoulders are broader than the chest, and the flanks broader again towards the hips.
    half_width = (
        anatomy.body_half_width
        + 0.55 * np.clip(-0.15 - canvas.y, 0, None) ** 1.3
        + 0.12 * np.clip(canvas.y, 0, None) ** 2
    )
    torso = rising_edge(half_width - beside_neck, width=0.05)
    return np.maximum(below_shoulder * torso, neck)


def _soft_tissue(anatomy: Anatomy, canvas: Canvas) -> FloatArray:
    """Returns the tissue a ray crosses: an elliptic trunk, thicker towards the belly."""
    across = np.clip(1 - (canvas.x / (1.25 * anatomy.body_half_width)) ** 2, 0.05, None)
    belly = 0.45 * rising_edge(canvas.y - anatomy.base[1], width=0.8)
    return np.sqrt(across) * (1.05 + anatomy.fat) + belly


def _heart(anatomy: Anatomy, canvas: Canvas) -> FloatArray:
    (x, y), (length, breadth) = anatomy.heart_center, anatomy.heart_radii
    cosine, sine = math.cos(anatomy.heart_angle), math.sin(anatomy.heart_angle)
    along = (canvas.x - x) * cosine + (canvas.y - y) * sine
    aside = (canvas.y - y) * cosine - (canvas.x - x) * sine
    radius = np.sqrt((along / length) ** 2 + (aside / breadth) ** 2)
    return rising_edge(1 - radius, width=0.22)


def _spine(anatomy: Anatomy, canvas: Canvas) -> FloatArray:
    """Returns spine and mediastinum, with the dark column of the trachea in their upper part."""
    x = np.abs(canvas.x)
    vertebrae = 1 + 0.12 * np.sin(2 * np.pi * canvas.y / anatomy.rib_spacing)
    spine = 0.28 * bump(x, radius=0.13) * vertebrae
    mediastinum = 0.30 * bump(x, radius=0.30)
    above_carina = rising_edge(anatomy.apex[0] + 0.5 - canvas.y, width=0.2)
    trachea = 0.40 * bump(x, radius=0.085) * above_carina
    aorta_x, aorta_y = anatomy.medial[1] + 0.03, anatomy.apex[1] + 0.38
    aorta = canvas.distance((aorta_x, aorta_y))
    return spine + mediastinum - trachea + 0.45 * rising_edge(0.09 - aorta, width=0.07)


def _ribs(anatomy: Anatomy, canvas: Canvas) -> FloatArray:
    """Returns the posterior ribs, arching down towards the side, and the fainter anterior ones crossing them."""
    x = np.abs(canvas.x)
    reach = rising_edge(anatomy.body_half_width - 0.08 - x, width=0.12) * rising_edge(x - 0.06, width=0.1)
    first = anatomy.apex[0] + 0.02 + anatomy.rib_phase * anatomy.rib_spacing
    ribs = np.zeros((canvas.size, canvas.size), dtype=np.float32)
    posterior = anatomy.rib_slope * (x + 0.25) ** 2 - 0.35 * anatomy.rib_slope * x
    anterior = 0.30 - 1.1 * anatomy.rib_slope * (x - 0.15)
    for curve, density in ((posterior, anatomy.rib_density), (anterior, 0.45 * anatomy.rib_density)):
        # Ribs are equally spaced along y, so one distance to the nearest of them serves for all.
        position = (canvas.y - curve - first) / anatomy.rib_spacing
        nearest = np.clip(np.round(position), 0, RIBS - 1)
        distance = np.abs(position - nearest)
        cortex = 0.35 * bump(distance - 0.22, radius=0.10)
        ribs += density * (rising_edge(0.26 - distance, width=0.12) + cortex)
    return ribs * reach * rising_edge(anatomy.base[1] + 0.12 - canvas.y, width=0.35)


def _clavicles(anatomy: Anatomy, canvas: Canvas) -> FloatArray:
    x = np.abs(canvas.x)
    line = anatomy.clavicle - 0.30 * (x - 0.1) + 0.18 * np.sin(np.pi * np.clip(x / 0.8, 0, 1)) * x
    reach = rising_edge(x - 0.08, width=0.06) * rising_edge(0.82 - x, width=0.1)
    distance = np.abs(canvas.y - line)
    return (1.3 * anatomy.rib_density) * rising_edge(0.035 - distance, width=0.03) * reach


def _breasts(anatomy: Anatomy, lungs: Sequence[LungField], canvas: Canvas) -> FloatArray:
    shadows = np.zeros((canvas.size, canvas.size), dtype=np.float32)
    if anatomy.breast == 0:
        return shadows
    for lung in lungs:
        radius = canvas.distance(lung.place(height=0.85, depth=0.6))
        shadows += anatomy.breast * rising_edge(0.34 - radius, width=0.12)
    return shadows


def _vessels(anatomy: Anatomy, lung: LungField, canvas: Canvas, generator: np.random.Generator) -> FloatArray:
    """Returns the root of the lung and the vessels that fan out from it, thinning towards the outer border."""
    x, y = lung.place(height=0.5, depth=0.08)
    outward, down = lung.side * (canvas.x - x), canvas.y - y
    radius = np.sqrt(outward**2 + down**2)
    bend = 0.25 * canvas.smooth_noise(generator, wavelength=0.5)
    angle = np.arctan2(down, outward) + bend * radius
    directions = np.linspace(-np.pi, np.pi, 97)
    brightness = np.clip(generator.standard_normal(97), 0.2, 2.0) - 0.2
    streaks = np.interp(angle, directions, brightness).astype(np.float32)
    root = 1.6 * bump(radius, radius=0.16)
    fading = bump(radius, radius=0.62) * rising_edge(radius - 0.06, width=0.08)
    return anatomy.vessel_density * lung.mask * (root + streaks * fading)


def _stomach_bubble(anatomy: Anatomy, canvas: Canvas) -> FloatArray:
    radius = canvas.distance((0.38, anatomy.base[1] + 0.16), squeeze=0.88)
    return anatomy.stomach_bubble * rising_edge(0.11 - radius, width=0.08)
