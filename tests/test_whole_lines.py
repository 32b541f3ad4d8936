from pathlib import Path

import pytest

from medimage.whole_lines import append_line, read_lines
from tests.support.disk import files_limited_to


def test_a_line_is_appended_and_read_back(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "a.jsonl"
    append_line(file, "one", what="tests")
    append_line(file, "two", what="tests")
    assert list(read_lines(file)) == ["one", "two"]


def test_a_line_that_a_killed_process_left_torn_does_not_take_the_next_with_it(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"one\ntw")
    append_line(tmp_path / "a.jsonl", "three", what="tests")
    assert list(read_lines(tmp_path / "a.jsonl")) == ["one", "tw", "three"]


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    append_line(tmp_path / "a.jsonl", "one", what="tests")
    with files_limited_to(50), pytest.raises(OSError, match="too large"):
        append_line(tmp_path / "a.jsonl", "x" * 100, what="tests")
    assert (tmp_path / "a.jsonl").read_bytes() == b"one\n"
    append_line(tmp_path / "a.jsonl", "two", what="tests")
    assert list(read_lines(tmp_path / "a.jsonl")) == ["one", "two"]
