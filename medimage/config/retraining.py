"""When the model in use is trained again, and what becomes of the new one."""

from typing import Annotated, Literal

from pydantic import Field

from medimage.config.section import Section

KindOfDrift = Literal["appearance", "prevalence", "something_new", "unexplained"]


class RetrainingConfig(Section):
    """What `retrain_pipeline` takes for a reason to train again. Each reason is enough by itself."""

    maximum_age_days: Annotated[float, Field(gt=0)] | None = 365.0
    """Days after its registration from which on the champion is trained again; null where age is no reason. Default: a
    year, in which scanners are replaced and protocols revised."""

    new_images: Annotated[int, Field(ge=1)] = 100
    """Labelled images that the champion has not seen and that may be trained on, from which on they are a reason.
    Default: fewer hardly move what a network learns, and each candidate that is judged wears the test set out."""

    new_images_per_class: Annotated[int, Field(ge=0)] = 0
    """So many of them must be of every class. Default: 0, because a class of which many came is worth learning."""

    drift: tuple[KindOfDrift, ...] = ("appearance", "something_new", "unexplained")
    """Kinds of drift that are a reason, as `monitor_pipeline` tells them; none with []. Default: all but `prevalence`,
    because classes that come in other shares look as they did."""

    largest_drop: Annotated[float, Field(ge=0, lt=1)] = 0.05
    """By how much accuracy or a sensitivity may have fallen by feedback, as a share. It is a reason where a larger drop
    is certain: the whole 95 % interval of the difference lies beyond it, and the drop is no chance among all rates that
    are looked at. Default: one more wrong answer in twenty, the margin by which a new model may be worse."""

    promote: bool = True
    """Make a new model that is shown to be better the champion. With false it waits as the challenger, for
    `medimage registry promote`."""
