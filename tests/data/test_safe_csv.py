import csv
import io

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from medimage.data.safe_csv import safe_csv

CELLS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12) | st.sampled_from(
    ["=1+1", "+1", "-1", "@a", "a\nb", 'say "yes"', "a,b", "\t=1", "\r=1"]
)
COLUMNS = ["path", "label", "reason"]


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=5))
def test_every_cell_reads_back_and_none_is_a_formula(cells: list[list[str]]) -> None:
    written = safe_csv(pd.DataFrame(cells, columns=COLUMNS, dtype=object), paths=["path"])
    header, *rows = csv.reader(io.StringIO(written.decode(), newline=""))
    assert header == COLUMNS
    assert len(rows) == len(cells)
    for row, expected in zip(rows, cells, strict=True):
        for place, (cell, text) in enumerate(zip(row, expected, strict=True)):
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
            assert cell in (text, ("./" if place == 0 else "'") + text)


def test_numbers_are_written_as_they_are_and_what_is_missing_is_empty() -> None:
    rows = pd.DataFrame({"cluster": [-1, 7], "mean": [0.1 + 0.2, np.nan], "name": ["a", None], "flag": [True, False]})
    assert safe_csv(rows) == b"cluster,mean,name,flag\n-1,0.30000000000000004,a,True\n7,,,False\n"


def test_a_name_that_is_not_utf_8_is_written_in_escapes() -> None:
    assert b"a/\\udcff.png" in safe_csv(pd.DataFrame([["a/\udcff.png"]], columns=["path"]))
