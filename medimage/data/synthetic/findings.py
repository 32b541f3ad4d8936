"""Disease: what each class adds to the healthy chest."""

from collections.abc import Callable, Sequence

import numpy as np

from medimage.data.synthetic.canvas import Canvas, FloatArray, bump, rising_edge
from medimage.data.synthetic.lungs import LungField

Painter = Callable[[Sequence[LungField], Canvas, np.random.Generator], list[FloatArray]]


def paint_findings(
    class_name: str, lungs: Sequence[LungField], canvas: Canvas, generator: np.random.Generator
) -> list[FloatArray]:
    """Draws the findings of one patient.

    The class shows in texture, shape and place only: the exposure afterwards takes away any change of the mean.

    Args:
        class_name: One of `PHANTOM_CLASSES`.
        lungs: The lung fields; no finding leaves them.
        canvas: Coordinates.
        generator: Source of randomness.

    Returns:
        One map per finding, float32 [size, size]: attenuation to add. Empty for a normal chest.
    """
    return _PAINTERS[class_name](lungs, canvas, generator)


def _normal(lungs: Sequence[LungField], canvas: Canvas, generator: np.random.Generator) -> list[FloatArray]:
    del lungs, canvas, generator
    return []


def _consolidation(lungs: Sequence[LungField], canvas: Canvas, generator: np.random.Generator) -> list[FloatArray]:
    """One dense patch that fills part of a lobe, crossed by the dark branches of air bronchograms."""
    lung = lungs[int(generator.integers(2))]
    center = lung.place(height=generator.uniform(0.25, 0.75), depth=generator.uniform(0.45, 0.7))
    radius = generator.uniform(0.25, 0.34)
    patch = _ragged_disc(canvas, generator, center=center, radius=radius, raggedness=0.22, softness=0.07)
    density = generator.uniform(0.70, 0.90) * (1 - _air_bronchograms(lung, canvas, generator))
    return [patch * lung.mask * density]


def _air_bronchograms(lung: LungField, canvas: Canvas, generator: np.random.Generator) -> FloatArray:
    """Returns the share of air along the airways that run from the root of the lung through the patch."""
    root_x, root_y = lung.place(height=0.5, depth=0.05)
    outward, down = lung.side * (canvas.x - root_x), canvas.y - root_y
    angle = np.arctan2(down, outward) + 0.15 * canvas.smooth_noise(generator, wavelength=0.3)
    branches = generator.uniform(7, 10)
    along = np.cos(angle * branches + generator.uniform(0, 2 * np.pi))
    return 0.55 * rising_edge(along - 0.75, width=0.5)


def _reticular(lungs: Sequence[LungField], canvas: Canvas, generator: np.random.Generator) -> list[FloatArray]:
    """A net of fine lines over both lungs."""
    density = generator.uniform(0.28, 0.40)
    network = _line_network(canvas, generator, wavelength=generator.uniform(0.16, 0.21))
    lines = rising_edge(network - 0.65, width=0.5)
    # Air trapped between the lines makes up for them, so that the lungs are no brighter on the whole.
    return [density * (lines - lines.mean()) * lung.mask for lung in lungs]


def _ground_glass(lungs: Sequence[LungField], canvas: Canvas, generator: np.random.Generator) -> list[FloatArray]:
    """Hazy patches along the outer borders of both lungs, through which the vessels still show."""
    mottled = 1 + 0.35 * np.clip(canvas.smooth_noise(generator, wavelength=0.11), -2, 2)
    patches = []
    for lung in lungs:
        heights = generator.permutation(np.array([0.30, 0.55, 0.80]))[: generator.integers(2, 4)]
        for height in heights + generator.uniform(-0.08, 0.08, size=len(heights)):
            center = lung.place(height=float(height), depth=generator.uniform(0.78, 0.95))
            radius = generator.uniform(0.13, 0.18)
            patch = _ragged_disc(canvas, generator, center=center, radius=radius, raggedness=0.2, softness=0.12)
            patches.append(generator.uniform(0.32, 0.45) * patch * mottled * lung.mask)
    return patches


def _nodules_and_cavities(
    lungs: Sequence[LungField], canvas: Canvas, generator: np.random.Generator
) -> list[FloatArray]:
    """Rings (cavities) and small nodules in the upper part of one lung or both."""
    findings = []
    first = int(generator.integers(2))
    for order, lung in enumerate((lungs[first], lungs[1 - first])):
        if order == 1 and generator.uniform() < 0.4:
            break
        for _ in range(1 + int(generator.uniform() < 0.5)):
            center = lung.place(height=generator.uniform(0.16, 0.42), depth=generator.uniform(0.25, 0.75))
            distance = canvas.distance(center)
            radius = generator.uniform(0.085, 0.115)
            wall = bump(distance - radius, radius=0.052)
            air = 0.45 * rising_edge(radius - 0.03 - distance, width=0.04)
            findings.append(generator.uniform(0.50, 0.70) * (wall - air) * lung.mask)
        for _ in range(generator.integers(2, 5)):
            center = lung.place(height=generator.uniform(0.12, 0.50), depth=generator.uniform(0.2, 0.85))
            nodule = bump(canvas.distance(center), radius=generator.uniform(0.05, 0.075))
            findings.append(generator.uniform(0.40, 0.60) * nodule * lung.mask)
    return findings


def _ragged_disc(
    canvas: Canvas,
    generator: np.random.Generator,
    *,
    center: tuple[float, float],
    radius: float,
    raggedness: float,
    softness: float,
) -> FloatArray:
    """Returns a disc whose radius is disturbed by noise: 1 inside, 0 outside."""
    distance = canvas.distance(center, squeeze=generator.uniform(0.8, 1.25))
    limit = radius * (1 + raggedness * np.clip(canvas.smooth_noise(generator, wavelength=0.3), -2, 2))
    return rising_edge(limit - distance, width=softness)


def _line_network(canvas: Canvas, generator: np.random.Generator, *, wavelength: float) -> FloatArray:
    """Returns a net of lines, the zero crossings of two noise fields: 1 on a line, falling to 0 beside it."""
    fields = [np.abs(canvas.smooth_noise(generator, wavelength=wavelength)) for _ in range(2)]
    return np.clip(1 - np.minimum(fields[0], fields[1]), 0, 1)


_PAINTERS: dict[str, Painter] = {
    "bacterial_pneumonia": _consolidation,
    "covid": _ground_glass,
    "normal": _normal,
    "tuberculosis": _nodules_and_cavities,
    "viral_pneumonia": _reticular,
}
