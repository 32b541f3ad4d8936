import csv
import io
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from medimage.decision.abstention_rule import AbstentionRule
from medimage.decision.decision import Decision
from medimage.decision.decision_rules import DecisionRules
from medimage.decision.operating_point import OperatingPoint
from medimage.errors import ConfigurationError
from medimage.inference.image_answer import ImageAnswer
from medimage.inference.prediction_table import PredictionTable

CLASSES = ("normal", "tumour, other")
RULES = DecisionRules(
    operating_points={
        "normal": OperatingPoint(threshold=0.2, target_sensitivity=0.95, cases=40),
        "tumour, other": OperatingPoint(threshold=None, target_sensitivity=0.95, cases=2, reason="too few"),
    },
    abstention=AbstentionRule(threshold=0.8, target_error=0.05, confidence=0.95, cases=40),
    conformal=None,
)


def answer(name: str, sha256: str, *values: float) -> ImageAnswer:
    probabilities = dict(zip(CLASSES, values, strict=True))
    return ImageAnswer(
        name=name, sha256=sha256, probabilities=probabilities, decision=Decision.of(probabilities, RULES)
    )


ANSWERS = (
    answer("a.png", "aa", 0.25, 0.75),
    ImageAnswer(name="=cmd.png", sha256="", probabilities={}, refusal="The file cannot be read."),
    answer("c.png", "cc", 0.9, 0.1),
)
TABLE = PredictionTable.of(ANSWERS, classes=CLASSES)


def test_a_row_says_all_that_the_answer_says() -> None:
    first, refused, _ = TABLE.table.to_pylist()
    assert first == {
        "file": "a.png",
        "sha256": "aa",
        "label": "tumour, other",
        "confidence": 0.75,
        "abstained": True,
        "probability_normal": 0.25,
        "probability_tumour, other": 0.75,
        "positive_normal": True,
        "positive_tumour, other": None,
        "refusal": None,
    }
    assert refused["refusal"] == "The file cannot be read."
    assert {refused[name] for name in ("sha256", "label", "abstained", "probability_normal", "positive_normal")} == {
        None
    }


def test_counts_are_of_files_with_an_answer() -> None:
    assert (TABLE.answered, TABLE.refused) == (2, 1)
    assert TABLE.counts() == {"normal": 1, "tumour, other": 1}
    assert TABLE.refusals() == [("=cmd.png", "The file cannot be read.")]


def test_parquet_comes_back_as_it_was_also_with_nothing_but_refusals() -> None:
    for table in (TABLE, PredictionTable.of(ANSWERS[1:2], classes=CLASSES)):
        again = PredictionTable.from_parquet(table.to_parquet())
        assert (again.classes, again.table) == (table.classes, table.table)


@pytest.mark.parametrize("name", ["answers.csv", "ANSWERS.CSV"])
def test_csv_is_read_back_by_others_and_holds_no_formula(tmp_path: Path, name: str) -> None:
    TABLE.write(tmp_path / name)
    rows = list(csv.DictReader(io.StringIO((tmp_path / name).read_text())))
    assert [row["file"] for row in rows] == ["a.png", "./=cmd.png", "c.png"]
    assert float(rows[0]["probability_tumour, other"]) == 0.75
    assert rows[1]["confidence"] == ""


def test_parquet_is_written_where_the_suffix_says_so_and_nothing_else_is(tmp_path: Path) -> None:
    TABLE.write(tmp_path / "answers.parquet")
    assert pq.read_table(tmp_path / "answers.parquet").num_rows == 3
    with pytest.raises(ConfigurationError, match=r"\.csv or \.parquet"):
        TABLE.write(tmp_path / "answers.xlsx")


def test_tables_of_other_classes_are_not_joined() -> None:
    with pytest.raises(ValueError, match="same classes"):
        PredictionTable.joined([TABLE, PredictionTable.of([], classes=("normal", "tumour"))])
    assert PredictionTable.joined([TABLE, TABLE]).answered == 4
