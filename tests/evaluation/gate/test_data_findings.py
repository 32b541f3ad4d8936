import json

import pytest

from medimage.evaluation.gate.data_findings import DataFindings


def test_findings_survive_json() -> None:
    findings = DataFindings(
        training_counts={"a": 3}, imbalance_mitigated=True, crossing_groups=1, crossing_duplicates=2, findings=("x",)
    )
    assert DataFindings.from_dict(json.loads(json.dumps(findings.to_dict()))) == findings


@pytest.mark.parametrize(("counts", "crossing"), [({}, 0), ({"a": -1}, 0), ({"a": 1}, -1)])
def test_impossible_findings_are_refused(counts: dict[str, int], crossing: int) -> None:
    with pytest.raises(ValueError, match="Expected"):
        DataFindings(training_counts=counts, imbalance_mitigated=False, crossing_groups=crossing, crossing_duplicates=0)
