import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimage.export.precision.candidate import PrecisionCandidate
from medimage.export.precision.precision_choice import PrecisionChoice
from medimage.export.precision.precision_table import (
    COLUMNS,
    RESEMBLANCE_COLUMNS,
    change_rows,
    precision_rows,
    report_rows,
    resemblance_rows,
)
from tests.support.exported import make_exported
from tests.support.precisions import candidate, choice_of


@given(fp16=st.floats(0.1, 100), int8=st.floats(0.1, 100), fp16_refused=st.booleans(), int8_refused=st.booleans())
def test_the_fastest_that_nothing_speaks_against_is_served(
    fp16: float, int8: float, fp16_refused: bool, int8_refused: bool
) -> None:
    choice = choice_of(
        candidate("fp16", median_ms=fp16, refusals=("of a reason",) * fp16_refused),
        candidate("int8", median_ms=int8, refusals=("of a reason",) * int8_refused),
    )
    able = {"fp16": fp16} if not fp16_refused else {}
    able |= {"int8": int8} if not int8_refused else {}
    assert choice.served == (min(able, key=able.__getitem__) if able else "fp32")
    assert sum(sentence.endswith(": served.") for sentence in choice.sentences()) == bool(able)


def test_every_refusal_is_said() -> None:
    choice = choice_of(
        candidate("fp16", median_ms=12, refusals=("one image is 0.83 times as fast",)),
        candidate("int8", median_ms=3),
    )
    assert choice.sentences() == ["fp16: not served: one image is 0.83 times as fast.", "int8: served."]
    slower = choice_of(candidate("fp16", median_ms=5), candidate("int8", median_ms=3))
    assert slower.sentences() == ["fp16: not served: int8 is faster.", "int8: served."]


def test_the_table_has_a_row_for_every_file() -> None:
    choice = choice_of(candidate("int8", median_ms=4))
    rows = precision_rows(choice)
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert rows[1] == ("ONNX", "int8", "1.5 MB", "4.0 ms", "2.50", "2.0e-02", "99 of 100", "PASS", "served")
    assert change_rows(choice) == []
    (likeness,) = resemblance_rows(choice)
    assert len(likeness) == len(RESEMBLANCE_COLUMNS)
    assert likeness == ("int8", "heat maps", "correlation", "0.987", "0.871", "0.9", "48")
    whole = report_rows(make_exported(further=("torchscript",)), choice)
    assert [row[:2] for row in whole] == [("ONNX", "fp32"), ("ONNX", "int8"), ("TorchScript", "fp32")]
    assert [row[-1] for row in whole] == [
        "not served: int8 is faster",
        "served",
        "beside it, for programs that run PyTorch",
    ]
    assert [row[-1] for row in report_rows(make_exported(), None)] == ["served"]


def test_a_candidate_of_which_not_all_is_known_is_not_without_a_refusal() -> None:
    with pytest.raises(ValueError, match="reason to refuse"):
        PrecisionCandidate(precision="int8")
    failed = PrecisionCandidate(precision="fp16", refusals=("the converter gave up",))
    rows = precision_rows(choice_of(failed))
    assert rows[1][-1] == "not served: the converter gave up"
    assert PrecisionCandidate.from_dict(failed.to_dict()) == failed


def test_what_may_be_served_is_there() -> None:
    with pytest.raises(ValueError, match="files of all candidates"):
        PrecisionChoice.from_dict(choice_of(candidate("int8", median_ms=4)).to_dict(), files={})
