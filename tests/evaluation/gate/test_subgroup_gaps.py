import dataclasses

import numpy as np

from medimage.config.evaluation import EvaluationConfig
from medimage.config.gate import GateConfig
from medimage.data.image_metadata import ImageLevels
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.criterion import Verdict
from medimage.evaluation.gate.gate import judge
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.report.closing_table import cases_text, estimate_text, threshold_text
from medimage.evaluation.subgroups.audit_subgroups import measure_subgroups
from medimage.evaluation.subgroups.subgroup_audit import SubgroupAudit
from tests.support.simulated_predictions import FINDINGS, evaluation_of, predictions

EVALUATION = evaluation_of(predictions(images=480))


def audit_of(levels: list[str], *, wrong: str = "") -> SubgroupAudit:
    probabilities = EVALUATION.probabilities()
    missed = (np.asarray(levels) == wrong) & (EVALUATION.test.labels == 0)
    probabilities[missed] = probabilities[missed][:, [1, 0, 2]]
    return measure_subgroups(
        probabilities=probabilities,
        test=EVALUATION.test,
        whole=EVALUATION.metrics,
        metadata={"site": ImageLevels(levels=tuple(levels), contradictions=0)},
        config=EvaluationConfig(bootstrap_resamples=200),
        seed=0,
    )


TWO = ["a" if number // 3 % 2 else "b" for number in range(480)]


def judged(audit: SubgroupAudit | None, evaluation: Evaluation = EVALUATION, **gate: object) -> GateReport:
    return judge(evaluation=evaluation, data_findings=FINDINGS, config=GateConfig.model_validate(gate), subgroups=audit)


def test_a_flagged_gap_is_shown_beside_the_numbers_and_fails_nothing() -> None:
    report, without = judged(audit_of(TWO, wrong="a")), judged(None)
    assert report.criteria == without.criteria
    assert report.findings[0].startswith("Subgroups by site: sensitivity of covid is lower for a (0.000) than")
    assert without.findings == ()


def test_a_flagged_gap_fails_where_the_configuration_says_so() -> None:
    criterion = judged(audit_of(TWO, wrong="a"), subgroup_gap="fail").criteria[-1]
    assert (criterion.verdict, criterion.title) == (Verdict.FAIL, "flagged gaps between subgroups")
    assert criterion.note.startswith("Subgroups by site: sensitivity of covid is lower for a")
    assert (estimate_text(criterion), threshold_text(criterion), cases_text(criterion)) == (
        f"{criterion.estimate:.0f}",
        "0",
        "–",  # noqa: RUF001
    )


def test_no_flag_among_comparisons_passes() -> None:
    criterion = judged(audit_of(TWO), subgroup_gap="fail").criteria[-1]
    assert (criterion.verdict, criterion.estimate, criterion.note) == (Verdict.PASS, 0.0, "none in 7 comparisons")


def test_where_nothing_can_be_compared_nothing_passes() -> None:
    none = dataclasses.replace(audit_of(TWO), columns=())
    for audit in (audit_of(["a"] * 480), audit_of(["b", *["a"] * 479]), none):
        criterion = judged(audit, subgroup_gap="fail").criteria[-1]
        assert criterion.verdict is Verdict.INCONCLUSIVE
        assert "no two subgroups" in criterion.note
