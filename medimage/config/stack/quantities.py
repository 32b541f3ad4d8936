"""Amounts of a machine as Kubernetes takes them: memory with its unit, processors in cores."""

from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field

from medimage.config.names import FORM

_UNITS: Final = {"Mi": 2**20, "Gi": 2**30, "Ti": 2**40}

Memory = Annotated[
    str,
    Field(
        pattern=r"^[1-9][0-9]*(Mi|Gi|Ti)$",
        json_schema_extra={FORM: "a whole number with Mi, Gi or Ti, such as 8Gi"},
    ),
]
"""An amount of memory. Kubernetes takes a number without a unit for bytes, which nobody means, so one is asked for."""


def bytes_of(memory: str) -> int:
    """Returns how many bytes an amount of memory is.

    Args:
        memory: Such as `8Gi`.
    """
    return int(memory[:-2]) * _UNITS[memory[-2:]]


def cpu_quantity(cores: float) -> str:
    """Returns a number of cores as Kubernetes writes it, in thousandths where it is no whole number.

    Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/

    Args:
        cores: Above 0; what is below a thousandth of a core is rounded up to it.
    """
    if float(cores).is_integer():
        return str(int(cores))
    return f"{max(1, int((Decimal(str(cores)) * 1000).to_integral_value()))}m"
