"""How shortcuts and leakage are looked for, and from where on they are called by their name."""

from typing import Annotated

from pydantic import Field

from medimage.config.section import Section

Share = Annotated[float, Field(gt=0, lt=1)]


class ShortcutConfig(Section):
    """From where on a class counts as recognisable by something else than the patient."""

    border_share: Annotated[float, Field(gt=0, lt=0.25)] = 0.05
    """Width of the frame that counts as border, as a share of the image's side. Default: wide enough for burnt-in
    marks and collimator edges, narrow enough to hold little of the body."""

    association: Share = 0.3
    """Cramér's V between class and origin from which they count as confounded. Default: what Cohen (1988, Statistical
    Power Analysis, section 7.2) calls a medium effect; a small one, 0.1, is common in honest collections."""

    border_shortcut: Share = 0.5
    """How far the border alone may lead from guessing (0) to knowing every class (1). Default: half of the way, more
    than skin tone, vignettes or the size of a head at the rim explain."""

    border_shortcut_of_class: Share = 0.75
    """The same for a single class against the others, as sensitivity plus specificity minus 1. Default: higher, because
    the most recognisable class is picked out afterwards, and one class may really reach the rim more often."""

    origin_shortcut_of_class: Share = 0.75
    """How far the origin alone may lead from guessing (0) to knowing (1) a single class against the others, as
    sensitivity plus specificity minus 1. Default: as for the border; the association over all classes hides one class
    that has an origin to itself among many that do not."""

    maximum_images: Annotated[int, Field(ge=100, le=10_000)] = 4000
    """Look at no more images than this: whole patients, first 50 of each class and of each origin, then by hash.
    Default: intervals of about two points, within seconds. Memory grows with the square: 64 MB for 4,000, 400 MB for
    10,000."""

    repetitions: Annotated[int, Field(ge=2)] = 10
    """Random divisions that the leakage is averaged over."""
