import pytest

from medimage.evaluation.report.late_section import PLACE, with_late_section
from medimage.evaluation.report.report_formats import render_formats

ROW = (
    "ONNX",
    "int8",
    "1.5 MB",
    "4.0 ms",
    "2.50",
    "6.0 ms",
    "2.0e-02",
    "9 of 10",
    "FAIL",
    "not served: <b>recall</b>",
)


def test_every_file_has_a_row_and_its_outcome() -> None:
    section = render_formats(
        [ROW],
        changes=[("int8", "sensitivity of tb", "-0.050", "-0.100 to +0.010", "5", "1", "80", "dropped")],
        resemblances=[("int8", "heat maps", "correlation", "0.987", "0.871", "0.9", "48")],
        margin=0.01,
        minimum_speedup=1.1,
        machine="a machine",
        machine_in_turns="a machine, 1 thread",
    )
    for text in (
        *ROW[:-1],
        "not served: &lt;b&gt;recall&lt;/b&gt;",
        "no sensitivity drops by more than 0.01",
        "-0.050",
        "0.987",
        "0.871",
    ):
        assert text in section


def test_without_fewer_bits_nothing_is_said_of_them() -> None:
    section = render_formats([ROW], machine="a machine")
    assert "2.50" not in section
    assert "margin" not in section


def test_the_section_goes_to_its_place() -> None:
    section = render_formats([ROW], machine="a machine")
    page = with_late_section(f"<html>{PLACE}</html>", section)
    assert page == f"<html>{section}</html>"
    with pytest.raises(ValueError, match="one place"):
        with_late_section(page, section)
