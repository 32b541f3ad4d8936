import csv
import logging
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medimage.config.data import DataConfig
from medimage.data.sources.open_source import open_source
from medimage.data.sources.table import TableSource
from medimage.errors import ConfigurationError, DataError
from tests.support.images import encode, textured

PLAIN = "image,label\n1,ill\n2,ill\n3,well\n4,well\n"


def source(root: Path, *, table: dict[str, object] | None = None, **settings: object) -> TableSource:
    values = {"source": "table", "path": str(root), "table": table or {}, **settings}
    return TableSource(root, DataConfig.model_validate(values))


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder with four images in two folders."""
    root = tmp_path / "data"
    for number in range(1, 5):
        path = root / f"part_{1 + number % 2}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode(textured(number)))
    return root


def write(root: Path, text: str, name: str = "table.csv") -> None:
    (root / name).write_text(text)


def test_rows_give_label_group_origin_and_split_by_the_names_of_columns(images: Path) -> None:
    write(
        images,
        "Lesion ID,id,dx,site,fold\nL1,1,ill,A,train\nL1,2,ill,A,train\nL2,3,well,B,Testing\nL3,part_1/4.png,well,,\n",
    )
    columns = {"image_column": "id", "label_column": "DX", "group_column": "lesion_id", "origin_column": "site"}
    found = source(images, table={**columns, "split_column": "fold"})
    records = list(found.records())
    assert [(r.name, r.label, r.group, r.origin, r.given_split) for r in records] == [
        ("part_1/2.png", "ill", "L1", "A", "train"),
        ("part_1/4.png", "well", "L3", "", ""),
        ("part_2/1.png", "ill", "L1", "A", "train"),
        ("part_2/3.png", "well", "L2", "B", "test"),
    ]
    assert records[0].encoded == (images / "part_1" / "2.png").read_bytes()
    assert found.skipped_files == (("table.csv", "read as the table"),)
    assert (found.files_found, len(found), found.notes) == (5, 4, ())
    assert [record.name for record in found.records(["part_2/1.png"])] == ["part_2/1.png"]


def test_the_split_column_is_said_with_the_line_where_it_names_no_part(images: Path) -> None:
    write(images, "image,label,split\n1,ill,train\n2,ill,holdout\n3,well,\n")
    with pytest.raises(DataError, match=r"gives 'part_1/2.png' in line 3 the split 'holdout': expected one of"):
        len(source(images, table={"split_column": "split"}))


def test_the_table_is_the_only_csv_or_the_manifest_or_the_one_named(images: Path, tmp_path: Path) -> None:
    write(images, PLAIN, "any name.CSV")
    assert len(source(images)) == 4
    write(images, "image,label\n1,ill\n3,well\n", "MANIFEST.csv")
    assert len(source(images)) == 2
    write(tmp_path, PLAIN.replace("4,well\n", ""), "elsewhere.csv")
    assert len(source(images, table={"file": str(tmp_path / "elsewhere.csv")})) == 3
    (images / "MANIFEST.csv").unlink()
    write(images, PLAIN, "other.csv")
    with pytest.raises(ConfigurationError, match=r"found \['any name.CSV', 'other.csv'\]: name it with data.table"):
        len(source(images))
    with pytest.raises(ConfigurationError, match=r"no file .*othr\.csv; did you mean .*other\.csv"):
        len(source(images, table={"file": "othr.csv"}))


def test_a_folder_without_a_table_and_no_folder_are_told_apart(images: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"found none: name it with data\.table\.file"):
        len(source(images))
    with pytest.raises(ConfigurationError, match="absent is not there"):
        len(source(images / "absent"))


def test_rows_without_an_image_are_refused_by_name_and_line_or_skipped_and_counted(images: Path) -> None:
    write(images, PLAIN + "5,well\n5,well\n6,ill\n")
    with pytest.raises(DataError) as caught:
        len(source(images))
    for expected in ("names 3 images of 7", "'5' (line 6)", "'6' (line 8)", "'part_1/2.png'", "table.missing: skip"):
        assert expected in str(caught.value)
    found = source(images, table={"missing": "skip"})
    assert len(found) == 4
    assert dict(found.skipped_files) == {
        "table.csv": "read as the table",
        "5": "in the table, but not there: line 6 of table.csv",
        "6": "in the table, but not there: line 8 of table.csv",
    }
    assert found.files_found == 5 + 2


def test_a_table_of_other_images_is_refused_even_where_absent_ones_may_be_skipped(images: Path) -> None:
    write(images, "image,label\nx,ill\ny,well\n")
    with pytest.raises(
        DataError, match=r"names 2 images of 2 that are not .*data.table.image_column, which is 'image'"
    ):
        len(source(images, table={"missing": "skip"}))


@pytest.mark.parametrize("before", ["/home/me/", "C:\\\\data\\\\", "part_1/../part_1/"])
def test_whole_paths_of_images_that_are_there_are_told_to_be_relative(images: Path, before: str) -> None:
    write(images, f"image,label\n{before}2,ill\n3,well\n")
    with pytest.raises(DataError, match=r"Write their places relative to that folder"):
        len(source(images))
    write(images, PLAIN + "5,well\n")
    with pytest.raises(DataError) as caught:
        len(source(images))
    assert "relative" not in str(caught.value)


def test_a_long_name_of_an_absent_image_is_shortened(images: Path) -> None:
    write(images, PLAIN + f"{'5' * 5000},well\n")
    with pytest.raises(DataError, match="555…555") as caught:
        len(source(images))
    assert len(str(caught.value)) < 1000


def test_a_class_of_which_no_image_is_there_is_told_also_where_such_rows_are_skipped(images: Path) -> None:
    write(images, PLAIN + "absent,third\n")
    with pytest.raises(DataError, match=r"none of \['third'\] .*data\.labels: \{third: null\}"):
        len(source(images, classes="auto", table={"missing": "skip"}))


def test_files_without_a_row_are_named(images: Path) -> None:
    write(images, PLAIN.replace("2,ill\n", ""))
    (images / "part_1" / "notes.txt").touch()
    # The table says which images are wanted: this one is not.
    (images / "part_1" / "figure.gif").touch()
    with (images / "part_1" / "huge.png").open("wb") as file:
        file.truncate(40 * 2**30)
    assert dict(source(images).skipped_files) == {
        "part_1/huge.png": "cannot be used: a file of 40,960 MiB, more than the 512 MiB that a file may have",
        "table.csv": "read as the table",
        "part_1/2.png": "no row in table.csv",
        "part_1/notes.txt": "not an image by its name (.txt)",
        "part_1/figure.gif": "not an image by its name (.gif)",
    }


def test_one_name_in_two_folders_is_refused_until_the_folders_are_named(images: Path) -> None:
    write(images, PLAIN)
    (images / "copy").mkdir()
    (images / "copy" / "1.png").write_bytes(b"x")
    with pytest.raises(DataError, match=r"line 2 '1', which may be any of 2 files: 'copy/1.png' and 'part_2/1.png'"):
        len(source(images))
    found = source(images, table={"images": ["part_1", "part_2/"]})
    assert len(found) == 4
    assert dict(found.skipped_files)["copy/1.png"] == "in none of the folders of data.table.images"
    with pytest.raises(ConfigurationError, match=r"no folder 'part1' in .*; did you mean part_1"):
        len(source(images, table={"images": ["part1"]}))


@pytest.mark.parametrize("folder", ["../x", "/x", ""])
def test_image_folders_lie_below_the_data(images: Path, folder: str) -> None:
    with pytest.raises(ValueError, match="images"):
        source(images, table={"images": [folder]})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,label\n1,ill\n", "needs a column 'image' but has ['id', 'label']. data.table.image_column says"),
        ("image,dx\n1,ill\n", "data.table.label_column says which column to read"),
        ("image,label\n1,ill\n ,well\n", "names no image in line 3: its 'image' is empty"),
        (
            "image,label\n1,ill\n2,well\n1.png,well\n",
            "'part_2/1.png' twice and says different things: ['ill'] in line 2",
        ),
        ("image,label\n1,ill\n2,\n", "line 3 (part_1/2.png) has no label (found '')"),
        ("image,label\n1,ill\n2,ill\n", "at least two classes in the table"),
    ],
)
def test_a_table_that_cannot_be_right_is_refused(images: Path, text: str, message: str) -> None:
    write(images, text)
    with pytest.raises(DataError) as caught:
        len(source(images))
    assert message in str(caught.value)


def test_rows_without_a_label_can_be_left_out(images: Path) -> None:
    write(images, "image,label\n1,ill\n2,\n3,well\n")
    found = source(images, labels={"": None})
    assert len(found) == 2
    assert dict(found.skipped_files)["part_1/2.png"] == "left out by its label ()"


def test_labels_are_mapped_merged_and_dropped(images: Path) -> None:
    write(images, "image,label\n1,Ill\n2,sick\n3, WELL\n4,unclear\n")
    found = source(images, labels={"sick": "ill", "well": "normal", "unclear": None})
    assert found.classes == ("ill", "normal")
    assert [record.label for record in found.records()] == ["ill", "ill", "normal"]


def test_an_unknown_label_is_told_with_its_line(images: Path) -> None:
    write(images, PLAIN)
    with pytest.raises(ConfigurationError, match=r"line 5 \(part_1/4\.png\) has the label 'well', which is not among"):
        len(source(images, classes=["ill", "normal"]))


def test_images_whose_group_is_empty_are_counted_in_a_note(images: Path) -> None:
    write(images, "image,label,patient\n1,ill,p\n2,ill,\n3,well,\n4,well,q\n")
    found = source(images, table={"group_column": "patient"})
    assert [record.group for record in found.records()] == ["", "q", "p", ""]
    assert found.notes == (
        "2 of 4 images have no group, because 'patient' in table.csv is empty: each is a group of its own.",
    )


def test_rows_that_repeat_one_image_under_several_names_count_once(
    images: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(images, PLAIN + "1.png,ill\npart_2/1,ill\n")
    with caplog.at_level(logging.WARNING):
        assert len(source(images)) == 4
    assert "repeats 2 rows" in caplog.text


def test_an_archive_may_hold_a_table(images: Path, tmp_path: Path) -> None:
    write(images, PLAIN)
    archive = shutil.make_archive(str(tmp_path / "data"), "zip", images)
    config = DataConfig.model_validate({"source": "archive", "path": archive, "layout": "table"})
    unpacked = open_source(config, cache=tmp_path / "cache")
    assert list(unpacked.records()) == list(source(images).records())
    assert (unpacked.files_found, unpacked.skipped_files) == (5, (("table.csv", "read as the table"),))


def test_a_subset_of_a_table_names_what_it_leaves_out(images: Path, tmp_path: Path) -> None:
    write(images, PLAIN)
    config = DataConfig.model_validate({"source": "table", "path": str(images), "images_per_class": 1})
    subset = open_source(config, cache=tmp_path)
    assert len(subset) == len(list(subset.records())) == 2
    assert subset.files_found == 2 + len(subset.skipped_files) == 5


ROWS = st.lists(
    st.tuples(st.integers(0, 11), st.sampled_from(["ill", "Ill ", "well", "drop", ""])), unique_by=lambda row: row[0]
)


@given(rows=ROWS, files=st.sets(st.integers(0, 9)), folder=st.sampled_from(["", "deep/er/", ".hidden/"]))
@settings(max_examples=40, deadline=None)
def test_every_file_and_every_row_is_a_record_or_skipped(
    rows: list[tuple[int, str]], files: set[int], folder: str
) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        for name in ("ill.png", "well.png", *(f"{folder}{number}.png" for number in files)):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(b"x")
        with (root / "t.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("image", "label"), ("ill", "ill"), ("well", "well"), *rows])
        found = source(root, table={"missing": "skip"}, labels={"drop": None, "": None})
        records = [record.name for record in found.records()]
        skipped = [name for name, _ in found.skipped_files]
        on_disk = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
        there = {str(number) for number in files} if not folder.startswith(".") else set()
        assert sorted(records + skipped) == sorted([*on_disk, *({str(number) for number, _ in rows} - there)])
        assert found.files_found == len(records) + len(skipped)
