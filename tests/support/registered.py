"""Small models in the registry, and how its aliases stand."""

from typing import Literal

from mlflow import MlflowClient

from medimage.registry.model_registry import register_model
from tests.support.exported import make_card, make_exported, make_gate_report, make_lineage

NAME = "lung-brightness"


def register_brightness(
    slope: float,
    *,
    alias: Literal["champion", "challenger"] = "champion",
    compared_with: int | None = None,
    comparison: Literal["require", "show", "off"] = "require",
    run_id: str = "run-1",
) -> int:
    """Registers the brightness model of a slope and returns the number of its version."""
    return register_model(
        exported=make_exported(slope=slope),
        card=make_card(evidence_hash=f"e{slope:g}", run_id=run_id),
        gate_report=make_gate_report(),
        lineage=make_lineage(compared_with=compared_with, comparison=comparison),
        name=NAME,
        experiment="lung",
        alias=alias,
    ).version.version


def aliases() -> dict[str, int]:
    """Returns the version of each alias."""
    found = MlflowClient().get_registered_model(NAME).aliases
    return {alias: int(number) for alias, number in found.items()}


def versions() -> list[int]:
    """Returns the numbers of all versions."""
    return sorted(int(found.version) for found in MlflowClient().search_model_versions(f"name = '{NAME}'"))
