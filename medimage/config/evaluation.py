"""How a trained model is measured and explained."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from medimage.config.decision import DecisionConfig, Share
from medimage.config.section import Section
from medimage.config.subgroups import SubgroupConfig

IntervalMethod = Literal["wilson", "clopper_pearson"]
MethodName = Literal["grad_cam", "hires_cam", "ablation_cam", "attention_rollout", "integrated_gradients"]


class EvaluationConfig(Section):
    """Metrics, their intervals, and calibration."""

    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Two-sided confidence level of every interval."""

    interval: IntervalMethod = "clopper_pearson"
    """Interval of a rate: the exact one of Clopper and Pearson, or Wilson's score interval.

    Default: at a confidence of 0.95, the exact one's lower limit is above the true rate in at most 2.5 % of test sets
    of independent cases, however many. Wilson's is shorter and right on average; at a rate of 0.8 its limit is above
    it in more than 2.5 % for one number of cases in five between 20 and 400, in 2.9 % at worst.
    """

    bootstrap_resamples: Annotated[int, Field(ge=200)] = 2000
    """Resamples of whole groups, for intervals where images of one patient repeat."""

    calibration_bins: Annotated[int, Field(ge=2)] = 15
    """Bins of equal count for the expected calibration error."""

    minimum_calibration_cases: Annotated[int, Field(ge=10)] = 50
    """With fewer independent validation cases, no temperature is fitted: it would be noise."""

    latency_images: Annotated[int, Field(ge=20)] = 60
    """Images that are timed, one at a time on the CPU, from encoded bytes to probabilities."""

    prevalence: dict[str, Share] = Field(default={})
    """Share of each class among the patients that the model is for: class → share. The predictive values of the classes
    named here are worked out for it, too. Default: none, because only those who know the patients can tell; predictive
    values at the test set's own mix of classes are always given."""

    decision: DecisionConfig = DecisionConfig()

    subgroups: SubgroupConfig = SubgroupConfig()

    @model_validator(mode="after")
    def _prevalences_add_up(self) -> Self:
        total = sum(self.prevalence.values())
        if total > 1 + 1e-9:
            raise ValueError(
                f"prevalence must add up to at most 1 but the shares of {list(self.prevalence)} are {total:g}"
            )
        return self

    def for_all_images(self) -> Self:
        """Returns the settings with those at their defaults that only subgroups are measured by.

        What is measured of all images together does not depend on them, so neither may its cache key.
        """
        return self.model_copy(update={"subgroups": SubgroupConfig()})


class ExplanationConfig(Section):
    """Heat maps and the test of their faithfulness."""

    methods: Annotated[tuple[MethodName, ...], Field(min_length=1)] = ("grad_cam", "integrated_gradients")
    """How maps are made; all are shown beside each other, the first one in other places too. One that is not defined
    for a network is left out, with the reason.

    `grad_cam`: features of the last layer, each weighed by its mean gradient. `hires_cam`: weighed at each place by the
    gradient there; the same as `grad_cam` for networks that average their features, so for most but transformers.
    `ablation_cam`: by how much the score falls without the feature; no gradient. `attention_rollout`: what the layers
    of a vision transformer attend to, whatever the class. `integrated_gradients`: what each pixel added to the score;
    no layer is chosen, and it takes 12 passes through the network and back for each image.

    Default: one that looks at the last layer and one that looks at all of them. They fail in different ways.
    """

    images_per_class: Annotated[int, Field(ge=1, le=64)] = 6
    """Test images explained per class."""

    deletion_steps: Annotated[int, Field(ge=4, le=64)] = 12
    """Steps in which the most important pixels are taken away or put back."""

    @model_validator(mode="after")
    def _methods_differ(self) -> Self:
        if len(set(self.methods)) < len(self.methods):
            raise ValueError(f"methods names one twice: {list(self.methods)}")
        return self
