"""The checks of an image's quality, each of which may give one warning."""

from collections.abc import Callable

from medimage.serving.quality.observed_image import ObservedImage
from medimage.serving.quality.quality_warning import QualityWarning, WarningKind

QualityCheck = Callable[[ObservedImage], QualityWarning | None]
"""A check that needs what the model does not take with it finds nothing."""

_SMALLEST_RANGE = 8
"""Gray levels between the 1st and the 99th percentile below which an image holds next to nothing: 3 % of the range."""

_LARGEST_ENLARGEMENT = 2.0
"""Factor of enlargement beyond which most of what the network sees was interpolated."""

_NOTABLE_CLIPPING = 0.05
"""Share of pixels without contrast that is worth a warning at all."""


def quality_warnings(image: ObservedImage) -> tuple[QualityWarning, ...]:
    """Returns all that is unusual about an image.

    Args:
        image: The image.
    """
    found = (check(image) for check in CHECKS)
    return tuple(warning for warning in found if warning)


def _unlike_training(image: ObservedImage) -> QualityWarning | None:
    reference, distance = image.metadata.intensities, image.histogram_distance
    if reference is None or distance is None or distance <= reference.largest_distance:
        return None
    return QualityWarning(
        kind=WarningKind.UNLIKE_TRAINING,
        message=(
            f"Its gray levels are unlike those of the training images: {distance:.0f} levels apart, where "
            f"{100 * (1 - reference.rarely):.0f} % of held-out images are within {reference.largest_distance:.0f}. "
            "Nothing is known of how often answers on such images are right."
        ),
    )


def _seen_as_unlike_training(image: ObservedImage) -> QualityWarning | None:
    reference, distance = image.metadata.embeddings, image.embedding_distance
    if reference is None or distance is None or distance <= reference.largest_distance:
        return None
    return QualityWarning(
        kind=WarningKind.SEEN_AS_UNLIKE_TRAINING,
        message=(
            f"What the model sees in it is unlike what it saw in the training images: {distance:.1f} standard "
            f"deviations apart, where {100 * (1 - reference.rarely):.0f} % of held-out images are within "
            f"{reference.largest_distance:.1f}. It may show something that the model knows nothing of."
        ),
    )


def _inverted(image: ObservedImage) -> QualityWarning | None:
    reference, distance = image.metadata.intensities, image.histogram_distance
    # It can be told only where the training images themselves are not about as bright as their negatives.
    if reference is None or distance is None or distance <= reference.largest_distance:
        return None
    if reference.distance(image.histogram[:, ::-1]) > reference.largest_distance:
        return None
    return QualityWarning(
        kind=WarningKind.INVERTED,
        message="It looks like a negative: inverted, its gray levels would be those of the training images.",
    )


def _clipped(image: ObservedImage) -> QualityWarning | None:
    reference = image.metadata.intensities
    # Black surroundings are normal for some kinds of images, and only the training images tell for which.
    if reference is None:
        return None
    shares = {
        "black": (float(image.pooled[0]), reference.largest_black),
        "white": (float(image.pooled[-1]), reference.largest_white),
    }
    beyond = {name: share for name, (share, limit) in shares.items() if share > max(limit, _NOTABLE_CLIPPING)}
    if not beyond:
        return None
    told = " and ".join(f"{100 * share:.0f} % of its pixels are fully {name}" for name, share in beyond.items())
    return QualityWarning(
        kind=WarningKind.CLIPPED,
        message=f"{told[0].upper()}{told[1:]}, more than in training images: detail may have been cut off.",
    )


def _nearly_constant(image: ObservedImage) -> QualityWarning | None:
    span = image.level_at(0.99) - image.level_at(0.01)
    if span >= _SMALLEST_RANGE:
        return None
    return QualityWarning(
        kind=WarningKind.NEARLY_CONSTANT,
        message=f"It is nearly uniform: 98 % of its pixels are within {span} of 255 gray levels.",
    )


def _enlarged(image: ObservedImage) -> QualityWarning | None:
    size = image.pixels.shape[0]
    if size <= _LARGEST_ENLARGEMENT * min(image.width, image.height):
        return None
    return QualityWarning(
        kind=WarningKind.ENLARGED,
        message=(
            f"It has {image.width} x {image.height} pixels and was enlarged to {size} x {size}: "
            "detail that the model looks for is not in it."
        ),
    )


def _decoder_warned(image: ObservedImage) -> QualityWarning | None:
    if not image.decoder_warned:
        return None
    return QualityWarning(
        kind=WarningKind.DECODER_WARNED,
        message="The decoder found the file not quite in order, though it gave every pixel.",
    )


CHECKS: tuple[QualityCheck, ...] = (
    _unlike_training,
    _seen_as_unlike_training,
    _inverted,
    _clipped,
    _nearly_constant,
    _enlarged,
    _decoder_warned,
)
"""All checks, in the order in which their warnings are told."""
