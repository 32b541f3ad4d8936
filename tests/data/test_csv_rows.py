import csv
import io
import json
import logging
import os
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medimage.data.sources.csv_header import Column
from medimage.data.sources.csv_rows import CsvRow, merge_duplicates, read_rows
from medimage.errors import DataError

COLUMNS = (Column("file"), Column("label", setting="data.table.label_column"), Column("patient", required=False))


def read(folder: Path, content: str | bytes) -> list[tuple[int, tuple[str, ...]]]:
    path = folder / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [(row.line, row.cells) for row in read_rows(path, columns=COLUMNS, kind="table")]


@pytest.mark.parametrize(
    "content",
    [
        "file,label,patient\na b.png,ill,p\nü 漢.png,well,\n",
        "\ufefffile,label,patient\na b.png,ill,p\nü 漢.png,well,\n",
        "file,label,patient\r\na b.png,ill,p\r\nü 漢.png,well,\r\n",
        "file,label,patient\na b.png,ill,p\nü 漢.png,well,",
        "file;label;patient\na b.png;ill;p\nü 漢.png;well;\n",
        "file\tlabel\tpatient\na b.png\till\tp\nü 漢.png\twell\t\n",
        '"file","label","patient"\n"a b.png","ill","p"\n"ü 漢.png","well",""\n',
        " File , LABEL ,Patient\n a b.png ,ill, p\nü 漢.png,well,  \n",
        "age,patient,label,file\n1,p,ill,a b.png\n2,,well,ü 漢.png\n",
    ],
    ids=["plain", "mark", "windows", "no end", "semicolons", "tabs", "quotes", "spaces", "other order"],
)
def test_one_table_is_read_from_all_its_spellings(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, content) == [(2, ("a b.png", "ill", "p")), (3, ("ü 漢.png", "well", ""))]


def test_another_separator_than_the_comma_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        read(tmp_path, "file;label\n1,5.png;ill\n")
    assert "separated by semicolons, not commas" in caplog.text


def test_a_column_that_is_absent_and_not_required_is_empty(tmp_path: Path) -> None:
    assert read(tmp_path, "file,label\n1.png,ill\n") == [(2, ("1.png", "ill", ""))]


def test_empty_lines_are_no_rows_and_lines_are_counted_through_quoted_line_breaks(tmp_path: Path) -> None:
    text = 'file,label\n\n"a\nb.png",ill\n,\n , \nc.png,well\n'
    assert read(tmp_path, text) == [(3, ("a\nb.png", "ill", "")), (7, ("c.png", "well", ""))]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty: expected a header with 'file' and 'label'"),
        ("\n\n", "is empty"),
        ("file,label\n", "has a header but no rows"),
        ("file,label\n,\n\n", "has a header but no rows"),
        (
            "file,labl\n1,ill\n",
            "needs a column 'label' but has ['file', 'labl']; did you mean labl? data.table.label_c",
        ),
        ("file|label\n1|ill\n", "is separated by vertical bars"),
        ("files;label\n1;ill\n", "needs a column 'file' but has ['files', 'label']; did you mean files?"),
        ("file,label,Label\n1,ill,ill\n", "has the column 'label' more than once"),
        ("file,label,patients\n1,ill,p\n", "'patients', which is not read; did you mean patient?"),
        ("file,label\n1,ill\n2,ill,3\n", "has 3 cells in line 3, but its header has 2. A comma inside"),
        ("file,label\n1\n", "has 1 cells in line 2"),
        ("file;label\n1\n", "The separator inside a cell"),
        ('file,label\n1,ill\n"2,ill\n3,ill\n', "row that begins in line 3: unexpected end of data. A quote"),
        ('file,label\n"1"x,ill\n', "row that begins in line 2"),
        ("file,label\n1,ill\n2\0,ill\n", "a NUL byte in line 3"),
        ("file,label\n1,ill\n".encode("utf-16"), "is written in UTF-16, but expected UTF-8. Save it"),
        ("file,label\n1,ill\n".encode("utf-16-be"), "a NUL byte in line 1"),
        ("file,label\n1,ill\ncafé,ill\n".encode("latin-1"), "line 3 has the byte 0xe9, which is 'é' in Latin-1"),
        (
            f"file,label\n1,{'x' * 131_073}\n",
            "line 2: field larger than field limit (131072). A cell may have up to 131,072 characters. A quote",
        ),
        ('"fi\nle",label\n1,ill\n', "opens a quote in its first line that is not closed there"),
        ('file,label,"Patient\nname"\n1,ill,p\n', "opens a quote in its first line that is not closed there"),
        ("x" * 200_000 + "\n1\n", "cannot be read as the header of a CSV: field larger than field limit"),
        (json.dumps([{"file": "1.png"}] * 20_000, separators=(",", ":")), "needs a column 'file' but has ['[{\"file"),
        (json.dumps([{"a": 1, "file": "1"}] * 20_000, separators=(",", ":")), "as the header of a CSV: ',' expected"),
        ("file,label\n" + "1" * 200_000 + ",ill\n", "row that begins in line 2: field larger than field limit"),
    ],
)
def test_what_cannot_be_read_for_certain_is_refused(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, content)
    assert message in str(caught.value)
    assert "t.csv" in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent\.csv but the system says: No such file"):
        list(read_rows(tmp_path / "absent.csv", columns=COLUMNS, kind="table"))


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)


@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6), delimiter=st.sampled_from(",;\t"))
@settings(max_examples=100, deadline=None)
def test_whatever_a_writer_quotes_is_read_back(rows: list[tuple[str, str]], delimiter: str) -> None:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerows([("file", "label"), ("0.png", "ill"), *rows])
    stripped = [(file.strip(), label.strip()) for file, label in rows]
    with tempfile.TemporaryDirectory() as folder:
        found = [cells[:2] for _, cells in read(Path(folder), buffer.getvalue())]
    assert found == [("0.png", "ill"), *(row for row in stripped if any(row))]


@given(content=st.binary(max_size=60), header=st.sampled_from([b"", b"file,label\n", b'file;label\r"']))
@settings(max_examples=200, deadline=None)
def test_random_bytes_are_read_or_refused_in_words(content: bytes, header: bytes) -> None:
    # Anything but a `DataError` fails the test.
    with tempfile.TemporaryDirectory() as folder, suppress(DataError):
        assert all(len(cells) == len(COLUMNS) for _, cells in read(Path(folder), header + content))


def test_rows_that_say_the_same_are_merged_and_said(caplog: pytest.LogCaptureFixture) -> None:
    rows = [CsvRow(2, ("a", "ill")), CsvRow(3, ("b", "ill")), CsvRow(4, ("a", "ill"))]
    assert merge_duplicates(rows, what="The table") == rows[:2]
    assert "The table repeats 1 rows" in caplog.text


def test_rows_that_contradict_each_other_are_refused_with_both_lines() -> None:
    rows = [CsvRow(2, ("a", "ill")), CsvRow(3, ("a", "ill")), CsvRow(9, ("a", "well"))]
    with pytest.raises(DataError, match=r"'a' twice .* \['ill'\] in line 2, \['well'\] in line 9"):
        merge_duplicates(rows, what="The table")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_header_longer_than_a_cell_may_be_is_read(tmp_path: Path, separator: str) -> None:
    more = 70_000
    header = separator.join(["file", "label", *["c"] * more])
    assert len(header) > csv.field_size_limit()
    row = separator.join(["1.png", "ill", *["0"] * more])
    assert read(tmp_path, f"{header}\n{row}\n") == [(2, ("1.png", "ill", ""))]


def test_what_is_no_file_with_an_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(40 * 2**30)
    reasons = {"folder": "is a folder, but expected a CSV", "pipe": "a pipe, socket", "huge": "a file of 40,960 MiB"}
    for name, reason in reasons.items():
        with pytest.raises(DataError, match=rf"{name}\.csv .*{reason}"):
            list(read_rows(tmp_path / f"{name}.csv", columns=COLUMNS, kind="table"))


def test_columns_of_a_file_of_another_kind_are_not_all_told(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, ",".join([f"{'n' * 100}{number}" for number in range(5000)]) + "\n1\n")
    assert f"needs a column 'file' but has ['{'n' * 60}…'" in str(caught.value)
    assert "and 4980 more. Expected a header" in str(caught.value)
    assert len(str(caught.value)) < 2000


@pytest.mark.parametrize(("separator", "words"), [("|", "vertical bars"), (" ", "spaces"), (":", "colons")])
def test_a_separator_that_is_not_read_is_told(separator: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"is separated by {words}, but expected commas, semicolons or tabs") as caught:
        read(tmp_path, f"file{separator}label\n1.png{separator}ill\n")
    assert "did you mean" not in str(caught.value)


def test_empty_lines_above_the_header_are_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"begins with an empty line: expected a header .* Remove the empty lines"):
        read(tmp_path, "\n\nfile,label\n1.png,ill\n")
    with pytest.raises(DataError, match="is empty"):
        read(tmp_path, "\n  \n")
