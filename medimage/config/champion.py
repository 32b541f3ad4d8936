"""How a candidate is held against the champion, the model that is in use."""

from typing import Annotated, Literal

from pydantic import Field

from medimage.config.section import Section


class ChampionConfig(Section):
    """The comparison with the registered champion on the same test images."""

    comparison: Literal["require", "show", "off"] = "require"
    """`require` judges it, `show` only reports it, `off` leaves it out and asks no registry before training.

    Default: a model in use is replaced only by one that is shown to be better. Without a champion nothing is compared.
    """

    sensitivity_margin: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """By how much a sensitivity may be below the champion's at most, with the certainty of the intervals.

    Default: one more case in twenty is what a model that is better in something else may miss. It takes 92 independent
    cases of a class where both models recognise the same ones, and 130 where each alone recognises 2 % more.
    """
