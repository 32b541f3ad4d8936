import csv
import io

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from medimage.data.audit.image_rows import ROW_COLUMNS, rows_to_csv

CELLS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12) | st.sampled_from(
    ["=1+1", "+1", "-1", "@a", "a\nb", 'say "yes"', "a,b", "\t=1", "\r=1"]
)


@given(st.lists(st.lists(CELLS, min_size=len(ROW_COLUMNS), max_size=len(ROW_COLUMNS)), max_size=5))
def test_every_cell_reads_back_and_none_is_a_formula(cells: list[list[str]]) -> None:
    written = rows_to_csv(pd.DataFrame(cells, columns=list(ROW_COLUMNS), dtype=object))
    header, *rows = csv.reader(io.StringIO(written.decode(), newline=""))
    assert tuple(header) == ROW_COLUMNS
    assert len(rows) == len(cells)
    for row, expected in zip(rows, cells, strict=True):
        for place, (cell, text) in enumerate(zip(row, expected, strict=True)):
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
            assert cell in (text, ("./" if place == 0 else "'") + text)


def test_a_name_that_is_not_utf_8_is_written_in_escapes() -> None:
    row = ["a/\udcff.png", *[""] * (len(ROW_COLUMNS) - 1)]
    assert b"a/\\udcff.png" in rows_to_csv(pd.DataFrame([row], columns=list(ROW_COLUMNS)))
