"""The class that a model misses most."""

from dataclasses import dataclass
from typing import Any, Self

from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.metrics import Metrics


@dataclass(frozen=True, kw_only=True)
class SensitivityFloor:
    """The lowest sensitivity of any class.

    Attributes:
        of_class: The class.
        estimate: Its sensitivity, with the interval of that class alone; NaN where no class has test images.
    """

    of_class: str
    estimate: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {"class": self.of_class, **self.estimate.to_dict()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds it from what `to_dict` gave."""
        own = dict(values)
        return cls(of_class=own.pop("class"), estimate=Estimate.from_dict(own))


def sensitivity_floor(metrics: Metrics) -> SensitivityFloor:
    """Returns the lowest sensitivity of any class, of equal ones that with the lowest limit.

    A class without test images has none and is passed over, unless no class has any.
    """
    by_class = {name: values.sensitivity for name, values in metrics.per_class.items()}
    defined = {name: estimate for name, estimate in by_class.items() if estimate.is_defined} or by_class
    name = min(defined, key=lambda each: (defined[each].value, defined[each].low))
    return SensitivityFloor(of_class=name, estimate=defined[name])
