"""How subgroups are measured and compared."""

from typing import Annotated, Literal

from pydantic import Field

from medimage.config.section import Section


class SubgroupConfig(Section):
    """Metrics of subgroups of the test images, by the columns of `data.metadata` and by origin."""

    # From left to right, or pydantic would look for letters in the word `all`.
    columns: Annotated[Literal["all"] | tuple[str, ...], Field(union_mode="left_to_right")] = "all"
    """Which metadata are measured: names of `data.metadata`, and `origin`. Default: all, because a gap that nobody
    looked for is the one that does harm; but each further comparison makes the others a little harder to flag."""

    minimum_cases: Annotated[int, Field(ge=2)] = 20
    """Independent cases on each side below which a gap is not judged: too few to say. Default: with 18 of 20 right the
    exact interval reaches from 0.68 to 0.99, so that with fewer no gap but a glaring one could be told from chance."""

    maximum_levels: Annotated[int, Field(ge=2)] = 20
    """Levels of a column beyond which it is told and not measured. Default: more are names or numbers, not subgroups;
    give `data.metadata` bands, or a coarser column."""

    false_alarm: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    """Chance that a report without any true gap flags one or more, over all of its comparisons together. Default: the
    usual one in twenty."""
