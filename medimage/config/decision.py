"""How probabilities become answers: what is fitted on validation images beside the temperature."""

from typing import Annotated

from pydantic import Field

from medimage.config.section import Section

Share = Annotated[float, Field(gt=0, lt=1)]


class DecisionConfig(Section):
    """Operating points, abstention and conformal sets; all are fitted on validation images only."""

    target_sensitivity: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    """Sensitivity that the operating point of each class is to have on new cases. Default: of twenty cases of any
    class, nineteen are to be flagged; it takes nineteen validation cases of the class."""

    abstention_error: Share | None = 0.05
    """Largest share of wrong answers among those that are given; answers below the confidence that this takes are
    withheld. Never withheld when null. Default: one wrong answer in twenty."""

    conformal_coverage: Annotated[float, Field(ge=0.5, lt=1)] | None = None
    """Chance with which a set of classes holds the true one; no sets are made when null. Default: null, because a
    reader of the report has to know what sets are."""

    minimum_cases: Annotated[int, Field(ge=10)] = 20
    """With fewer independent validation cases (of a class, for its threshold) nothing is fitted: it would be noise.
    Default: as many as the gate asks for of test cases."""
