from dataclasses import replace

import pytest

from medimage.config.gate import GateConfig
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.gate import judge
from medimage.evaluation.latency import Latency
from medimage.registry.evidence import evidence_hash
from tests.support.simulated_predictions import FINDINGS, evaluation_of, predictions


def hash_of(evaluation: Evaluation) -> str:
    report = judge(evaluation=evaluation, data_findings=FINDINGS, config=GateConfig())
    return evidence_hash(evaluation, report)


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return evaluation_of(predictions())


def test_judging_another_candidate_between_does_not_change_the_evidence(evaluation: Evaluation) -> None:
    assert hash_of(replace(evaluation, candidates=5)) == hash_of(evaluation)


def test_time_does_not_change_the_evidence(evaluation: Evaluation) -> None:
    slower = Latency(p50_ms=13.0, p95_ms=21.0, images=60, machine="another machine")
    assert hash_of(replace(evaluation, latency=slower)) == hash_of(evaluation)


def test_too_slow_is_other_evidence(evaluation: Evaluation) -> None:
    too_slow = Latency(p50_ms=13.0, p95_ms=2000.0, images=60, machine="another machine")
    assert hash_of(replace(evaluation, latency=too_slow)) != hash_of(evaluation)


def test_other_predictions_are_other_evidence(evaluation: Evaluation) -> None:
    assert hash_of(evaluation_of(predictions(seed=3))) != hash_of(evaluation)
