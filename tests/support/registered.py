"""Small models in the registry, and how its aliases stand."""

from typing import Any, Literal

from mlflow import MlflowClient

from medimage.evaluation.gate.criterion import Verdict
from medimage.models.trained_model import ModelSpec
from medimage.registry.held_against import HeldAgainst
from medimage.registry.model_registry import register_model
from medimage.registry.registered_version import RegisteredVersion
from medimage.registry.registration import Registration
from tests.support.exported import SLOPE, make_card, make_exported, make_gate_report, make_lineage

NAME = "lung-brightness"


def register_with_card(
    *,
    slope: float = SLOPE,
    verdict: Verdict = Verdict.PASS,
    alias: Literal["champion", "challenger"] = "champion",
    held_against: HeldAgainst | None = None,
    predictions: str = "p1",
    evidence_hash: str = "e1",
    run_id: str = "run-1",
    spec: ModelSpec | None = None,
) -> Registration:
    """Registers the brightness model of a slope, with what a test is about.

    Args:
        slope: Tells models apart.
        verdict: The gate's.
        alias: What it becomes.
        held_against: The champion that it was compared with.
        predictions: Hash of its predictions.
        evidence_hash: Hash of its evidence.
        run_id: The run that it comes from.
        spec: Its network and classes.
    """
    return register_model(
        exported=make_exported(slope=slope, spec=spec),
        card=make_card(evidence_hash=evidence_hash, run_id=run_id, spec=spec),
        gate_report=make_gate_report(verdict),
        lineage=make_lineage(
            predictions=predictions, compared_with=None if held_against is None else held_against.version
        ),
        name=NAME,
        experiment="lung",
        alias=alias,
        held_against=held_against,
    )


def register(**options: Any) -> RegisteredVersion:
    """Registers as `register_with_card` does, and returns the version alone."""
    return register_with_card(**options).version


def register_brightness(
    slope: float,
    *,
    alias: Literal["champion", "challenger"] = "champion",
    compared_with: int | None = None,
    comparison: Literal["require", "show", "off"] = "require",
    not_better: str = "",
    run_id: str = "run-1",
) -> int:
    """Registers the brightness model of a slope and returns the number of its version."""
    return register_model(
        exported=make_exported(slope=slope),
        card=make_card(evidence_hash=f"e{slope:g}", run_id=run_id),
        gate_report=make_gate_report(),
        lineage=make_lineage(compared_with=compared_with, comparison=comparison, not_better=not_better),
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
