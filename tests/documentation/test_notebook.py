"""The documentation's notebook: what is committed was run, and comes out the same."""

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from documentation.run_notebook import run_notebook
from tests.conftest import PROJECT

NOTEBOOK = PROJECT / "docs/tutorials/from_a_folder_to_a_served_model.ipynb"


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def printed(cell: Any) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def kinds(cell: Any) -> list[tuple[str, ...]]:
    """Returns of each output what it is, and in which forms."""
    return [(output.output_type, *sorted(output.get("data", {}))) for output in cell.outputs]


@pytest.fixture(scope="module")
def committed() -> Any:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    return notebook


def test_it_was_run_from_top_to_bottom_without_an_error(committed: Any) -> None:
    cells = code_cells(committed)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [cell for cell in cells if any(output.output_type == "error" for output in cell.outputs)]


def test_it_is_small_and_says_nothing_of_the_machine_that_ran_it(committed: Any) -> None:
    assert NOTEBOOK.stat().st_size < 300_000
    outputs = json.dumps([cell.outputs for cell in code_cells(committed)])
    assert not re.findall(r"/(?:home|root|tmp|work|usr|Users|var)/[\w.]+", outputs)
    assert not re.findall(r"(?:127\.0\.0\.1|localhost):\d+", outputs)


def test_it_ends_with_a_served_model_that_is_right(committed: Any) -> None:
    text = "".join(printed(cell) for cell in code_cells(committed))
    assert "verdict: PASS" in text
    assert "bacterial_pneumonia: answered bacterial_pneumonia" in text
    assert "normal: answered normal" in text
    assert "champion" in text


@pytest.mark.proof
@pytest.mark.end_to_end
@pytest.mark.timeout(7200)
def test_a_new_run_comes_to_the_same(committed: Any, tmp_path: Path) -> None:
    again = code_cells(run_notebook(NOTEBOOK, folder=tmp_path))
    before = code_cells(committed)
    assert [kinds(cell) for cell in again] == [kinds(cell) for cell in before]
    for cell, earlier in zip(again, before, strict=True):
        for line in ("verdict:", "exit code", "images of", "criteria;", "ready:", "ended with"):
            assert [each for each in printed(cell).splitlines() if line in each] == [
                each for each in printed(earlier).splitlines() if line in each
            ]
        named = r"(\w+): answered (\w+)"
        assert re.findall(named, printed(cell)) == re.findall(named, printed(earlier))
