"""Graphs in fewer bits that nobody made, with what was found out about them."""

from dataclasses import replace

from medimage.config.reduced_precision import ReducedPrecision
from medimage.export.precision.candidate import Agreement, PrecisionCandidate
from medimage.export.precision.precision_choice import PrecisionChoice
from medimage.export.precision.reduction import Reduction
from medimage.export.precision.resemblance import Resemblance
from medimage.export.precision.sensitivity_change import measure_changes
from medimage.export.precision.speed import Speed
from tests.support.exported import make_gate_report
from tests.support.simulated_predictions import evaluation_of, predictions

REDUCTION = Reduction(precision="int8", full_precision_sha256="a" * 64, full_precision_predictions="p" * 64)


def candidate(precision: ReducedPrecision, *, median_ms: float, refusals: tuple[str, ...] = ()) -> PrecisionCandidate:
    """Returns a candidate that agrees on 99 of 100 images."""
    return PrecisionCandidate(
        precision=precision,
        size_bytes=1_500_000,
        sha256="b" * 64,
        agreement=Agreement(images=100, max_difference=0.02, identical_decisions=99),
        resemblances=(Resemblance(subject="heat maps", images=48, mean=0.987, lowest=0.871, least=0.9),),
        gate_report=make_gate_report(),
        evidence_hash="c" * 64,
        speed=Speed(median_ms=median_ms, speedup=10 / median_ms),
        refusals=refusals,
    )


def choice_of(*candidates: PrecisionCandidate) -> PrecisionChoice:
    """Returns what was tried beside a graph of 10 ms."""
    return PrecisionChoice(
        full_size_bytes=6_000_000,
        full_sha256="a" * 64,
        full_speed=Speed(median_ms=10, speedup=1),
        candidates=candidates,
        sensitivity_margin=0.01,
        minimum_speedup=1.1,
        machine="a test machine",
        files={each.precision: b"graph" for each in candidates if each.gate_report},
    )


def precision_choice() -> PrecisionChoice:
    """Returns a served candidate with its changes, one that is refused, and one that could not be made."""
    full = evaluation_of(predictions(images=60))
    changes = measure_changes(full, full, resamples=50, seed=0)
    served = replace(candidate("int8", median_ms=4), changes=changes)
    return choice_of(served, PrecisionCandidate(precision="fp16", refusals=("the converter gave up",)))
