import dataclasses

import pandas as pd
import pytest

from medimage.data.audit.data_audit import IMAGE_COLUMNS, DataAudit
from medimage.data.split import Split
from medimage.errors import DataError
from medimage.evaluation.gate.find_in_data import find_in_data
from medimage.evaluation.shortcuts.sentences import warnings
from tests.support.audits import UNMEASURED
from tests.support.shortcuts import shortcut_audit

PARTS = ("train", "train", "validation", "validation", "test", "test")
SPLIT = Split(
    image_ids=tuple("123456"),
    labels=tuple("ababab"),
    groups=tuple("uvwxyz"),
    parts=PARTS,
    classes=("a", "b"),
)


def audit(*, patients: list[str], clusters: list[int], copies: list[tuple[str, str]] | None = None) -> DataAudit:
    """Returns an audit of six usable images and `copies`, each an image id with a patient."""
    rows = [
        {"image_id": image_id, "patient": patient, "duplicate_cluster": cluster, "reason": ""}
        for image_id, patient, cluster in zip("123456", patients, clusters, strict=True)
    ]
    rows += [
        {"image_id": image_id, "patient": patient, "duplicate_cluster": -1, "reason": "exact duplicate: of another"}
        for image_id, patient in copies or []
    ]
    images = pd.DataFrame(rows).assign(
        name=[f"{number}.png" for number in range(len(rows))],
        group="g",
        origin="",
        given_split="",
        label="a",
        **UNMEASURED,
    )
    return DataAudit(
        images=images[list(IMAGE_COLUMNS)],
        classes=("a", "b"),
        skipped_files=(),
        files_found=len(images),
        findings=(),
        expectations=(),
        data_docs="",
    )


@pytest.mark.parametrize(
    ("patients", "copies", "crossing"),
    [
        (["p", "p", "q", "q", "r", "r"], [], 0),
        ([""] * 6, [], 0),
        (["p", "q", "q", "r", "r", "s"], [], 2),
        (["p", "p", "", "", "", ""], [("5", "p")], 1),
        (["p", "p", "", "", "", ""], [("2", "p")], 0),
    ],
    ids=["apart", "unknown", "crossing", "crossing by a copy", "copy in its part"],
)
def test_patients_that_the_source_names_are_compared_whatever_groups_the_split_was_given(
    patients: list[str], copies: list[tuple[str, str]], crossing: int
) -> None:
    found = audit(patients=patients, clusters=list(range(6)), copies=copies)
    assert find_in_data(found, SPLIT, shortcut_audit(), imbalance_mitigated=False).crossing_groups == crossing


def test_duplicates_in_two_parts_are_counted_by_cluster() -> None:
    found = audit(patients=[""] * 6, clusters=[0, 1, 1, 2, 2, 2])
    findings = find_in_data(found, SPLIT, shortcut_audit(), imbalance_mitigated=True)
    assert (findings.crossing_groups, findings.crossing_duplicates) == (0, 2)
    assert findings.training_counts == {"a": 1, "b": 1}


def test_a_split_of_other_data_is_refused() -> None:
    other = dataclasses.replace(SPLIT, image_ids=("1", "2", "3", "4", "x", "y"))
    with pytest.raises(DataError, match="2 of its 6 images are not among the 6 usable ones, such as x"):
        find_in_data(audit(patients=[""] * 6, clusters=[0] * 6), other, shortcut_audit(), imbalance_mitigated=False)


def test_warnings_of_shortcuts_stand_beside_the_numbers() -> None:
    shortcuts = shortcut_audit(confounded=True)
    findings = find_in_data(
        audit(patients=[""] * 6, clusters=list(range(6))), SPLIT, shortcuts, imbalance_mitigated=True
    )
    assert findings.findings == warnings(shortcuts)
    assert findings.findings[0].startswith("Class and origin are confounded")
    assert findings.shortcuts == 1


def test_without_a_shortcut_none_is_counted() -> None:
    data = audit(patients=[""] * 6, clusters=list(range(6)))
    assert find_in_data(data, SPLIT, shortcut_audit(), imbalance_mitigated=True).shortcuts == 0
