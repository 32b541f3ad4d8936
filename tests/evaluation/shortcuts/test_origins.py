from collections.abc import Sequence

from medimage.config.shortcuts import ShortcutConfig
from medimage.evaluation.shortcuts.audit_shortcuts import audit_shortcuts
from medimage.evaluation.shortcuts.sentences import explanations, warnings
from medimage.evaluation.shortcuts.shortcut_audit import ShortcutAudit
from medimage.evaluation.shortcuts.table import table_rows
from tests.support.shortcuts import data_of, textures


def audit_of(labels: Sequence[str], origins: Sequence[str]) -> ShortcutAudit:
    patients = [f"patient {number}" for number in range(len(labels))]
    images = textures(len(labels), seed=0)
    return audit_shortcuts(*data_of(images, labels, patients, origins), ShortcutConfig(repetitions=2), seed=0)


def test_one_class_of_a_hospital_of_its_own_is_told_among_many_classes_that_share_theirs() -> None:
    labels = [f"class {number % 14:02d}" for number in range(14 * 25)]
    origins = [f"hospital {0 if number % 14 == 0 else 1 + number // 14 % 14}" for number in range(14 * 25)]
    audit = audit_of(labels, origins)
    assert not audit.is_confounded
    assert audit.classes_by_origin == ("class 00",)
    assert any(
        sentence.startswith("class 00 is told from all other classes by the origin") for sentence in warnings(audit)
    )
    assert "Some classes have an origin to themselves: class 00 (hospital 0)." in explanations(audit)[-1]


def test_classes_that_share_their_origins_are_cleared() -> None:
    audit = audit_of(
        [f"class {number % 2}" for number in range(400)], [f"site {number // 2 % 2}" for number in range(400)]
    )
    assert not audit.is_confounded
    assert not audit.may_be_confounded
    assert audit.classes_by_origin == ()
    assert "Class and origin are not confounded" in explanations(audit)[-1]
    assert table_rows(audit)[-1].meaning == "not confounded"


def test_few_cases_do_not_clear_class_and_origin() -> None:
    pairs = [("a", "x")] * 9 + [("a", "y")] + [("b", "x")] * 2 + [("b", "y")] * 8
    audit = audit_of([label for label, _ in pairs], [origin for _, origin in pairs])
    assert not audit.is_confounded
    assert audit.may_be_confounded
    assert "too few cases to say whether class and origin are confounded" in explanations(audit)[-1]
    assert table_rows(audit)[-1].meaning == "too few cases to say whether they are confounded"


def test_few_cases_do_not_clear_the_border() -> None:
    audit = audit_of(["a", "b"] * 8, ["x"] * 16)
    assert audit.border_may_tell_class
    assert any("So few cases cannot rule one out" in sentence for sentence in explanations(audit))
