import json
import os
import socket
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medimage.config.data import DataConfig
from medimage.data.sources.file_names import written_name
from medimage.data.sources.files_below import list_images, why_no_image
from medimage.data.sources.fingerprint import source_fingerprint
from medimage.data.sources.folder import FolderSource
from medimage.errors import DataError
from tests.support.images import make_class_folders

FOLDERS = st.sampled_from(["", "deep/", "deep/er/", "ünï cödé/", ".hidden/", "__MACOSX/", "a b/"])
FILES = st.sampled_from(
    [
        "1.png",
        "2.JPG",
        "3.Tiff",
        "Thumbs.db",
        ".DS_Store",
        "._1.png",
        "no suffix",
        "x.csv",
        "ü 漢.png",
        "4.dcm",
        "new\nline.png",
    ]
)
TREES = st.sets(st.tuples(st.sampled_from(["ill", "well", "Other"]), FOLDERS, FILES), max_size=25)


def count_files(root: Path) -> int:
    return sum(len(files) for _, _, files in os.walk(root))


@given(tree=TREES, ignored=st.booleans())
@settings(max_examples=40, deadline=None)
def test_every_file_of_a_random_tree_is_a_record_or_skipped_with_a_reason(
    tree: set[tuple[str, str, str]], ignored: bool
) -> None:
    tree = tree | {("ill", "", "0.png"), ("well", "", "0.png"), ("Other", "", "0.png")}
    with tempfile.TemporaryDirectory() as folder:
        for parts in tree:
            path = Path(folder, parts[0], parts[1] + parts[2])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
        settings = {"classes": ["ill", "well"], "ignored_labels": ["other"]} if ignored else {}
        source = FolderSource(Path(folder), DataConfig.model_validate({"source": "folder", "path": folder, **settings}))
        records = [record.name for record in source.records()]
        skipped = [name for name, reason in source.skipped_files if reason]
        assert source.files_found == count_files(Path(folder)) == len(records) + len(skipped)
        assert len(source) == len(records)
        assert sorted(records + skipped) == sorted(f"{label}/{below}{file}" for label, below, file in tree)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ill/1.png", None),
        ("1.JPEG", None),
        ("ill/Thumbs.db", "not an image by its name (.db)"),
        ("ill/desktop.ini", "not an image by its name (.ini)"),
        ("ill/.DS_Store", "hidden file"),
        ("ill/.png", "hidden file"),
        ("ill/more.ZIP", "an archive, which is not unpacked (.zip)"),
        ("ill/scan", "not an image by its name (no suffix)"),
        ("__MACOSX/ill/1.png", "in the system folder __MACOSX"),
        ("ill/.ipynb_checkpoints/1-checkpoint.png", "in the hidden folder .ipynb_checkpoints"),
        ("ill/@eaDir/1.png", "in the system folder @eaDir"),
    ],
)
def test_what_is_an_image_by_its_name(name: str, reason: str | None) -> None:
    assert why_no_image(name) == reason


def test_a_hidden_folder_above_the_source_hides_nothing(tmp_path: Path) -> None:
    root = tmp_path / ".cache" / "__MACOSX"
    (root / "ill").mkdir(parents=True)
    (root / "ill" / "1.png").touch()
    assert list_images(root).images == ("ill/1.png",)


def test_names_that_are_not_utf8_are_skipped_under_a_name_that_can_be_written(tmp_path: Path) -> None:
    for name in (b"ill/1.png", b"ill/caf\xe9.png", b"well/1.png", b"ill/ol\xe9/1.png", b"notes.\xff", b".\xff/1.png"):
        path = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name)))  # noqa: PTH118
        path.parent.mkdir(exist_ok=True, parents=True)
        path.touch()
    config = DataConfig(source="folder", path=tmp_path)
    source = FolderSource(tmp_path, config)
    assert [record.name for record in source.records()] == ["ill/1.png", "well/1.png"]
    reasons = dict(source.skipped_files)
    unnamed = "cannot be used: its name is not UTF-8, so that no report could name it: rename it"
    assert reasons == {
        "ill/caf\\xe9.png": unnamed,
        "ill/ol\\xe9/1.png": unnamed,
        "notes.\\xff": "not an image by its name (.\\xff)",
        ".\\xff/1.png": "in the hidden folder .\\xff",
    }
    assert json.loads(json.dumps(source.skipped_files).encode())
    assert pa.table({"name": [*reasons], "reason": [*reasons.values()]}).num_rows == 4
    assert source.classes == ("ill", "well")
    assert source_fingerprint(config, cache=tmp_path)


def test_a_class_folder_whose_name_is_not_utf8_is_refused_before_the_class_is_lost(tmp_path: Path) -> None:
    for name in (b"ill", b"well", b"tum\xf6r"):
        folder = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name)))  # noqa: PTH118
        folder.mkdir()
        (folder / "1.png").touch()
    with pytest.raises(DataError, match=r"tum\\xf6r has a name that is not UTF-8") as caught:
        list(FolderSource(tmp_path, DataConfig(source="folder", path=tmp_path)).records())
    assert str(caught.value).encode()


def test_what_is_no_file_is_skipped_and_never_waited_for(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    os.mkfifo(root / "ill" / "pipe.png")
    os.mkfifo(root / "MANIFEST.csv")
    (root / "ill" / "linked.png").symlink_to(root / "ill" / "pipe.png")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(root / "well" / "socket.png"))
    config = DataConfig(source="folder", path=root)
    source = FolderSource(root, config)
    assert [record.name for record in source.records()] == ["ill/000.png", "well/000.png"]
    no_file = "cannot be used: a pipe, socket or device, which is no file"
    assert dict(source.skipped_files) == {
        "MANIFEST.csv": "not an image by its name (.csv)",
        **dict.fromkeys(["ill/linked.png", "ill/pipe.png", "well/socket.png"], no_file),
    }
    assert source.files_found == 6
    before = source_fingerprint(config, cache=tmp_path)
    os.utime(root / "ill" / "pipe.png", ns=(1, 1))
    assert source_fingerprint(config, cache=tmp_path) == before


def test_a_file_too_large_for_memory_is_skipped_and_one_at_the_limit_is_not(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    for name, size in {"well/limit.png": 2**29, "ill/large.png": 2**29 + 1, "ill/huge.png": 40 * 2**30}.items():
        with (root / name).open("wb") as file:
            file.truncate(size)
    (root / "ill" / "linked.png").symlink_to(root / "ill" / "huge.png")
    (root / "ill" / "zeros.png").symlink_to("/dev/zero")
    config = DataConfig(source="folder", path=root)
    source = FolderSource(root, config)
    assert len(source) == 3
    large = "cannot be used: a file of {} MiB, more than the 512 MiB that a file may have"
    assert dict(source.skipped_files) == {
        "ill/huge.png": large.format("40,960"),
        "ill/large.png": large.format("512"),
        "ill/linked.png": large.format("40,960"),
        "ill/zeros.png": "cannot be used: a pipe, socket or device, which is no file",
    }
    assert [record.name for record in source.records({"ill/000.png", "ill/huge.png"})] == ["ill/000.png"]
    assert source_fingerprint(config, cache=tmp_path)


NAMES = st.text(st.sampled_from(["\\", "x", "f", "0", "c", "\udcff", "\udcc0", "é", "/"]), max_size=12)


@given(names=st.sets(NAMES, min_size=2, max_size=8))
@settings(max_examples=300, deadline=None)
def test_different_names_are_written_differently(names: set[str]) -> None:
    written = {written_name(name) for name in names}
    assert len(written) == len(names)
    assert all(name.encode() for name in written if name)


def test_names_that_would_be_written_alike_are_told_apart(tmp_path: Path) -> None:
    for name in (b"ill/1.png", b"ill/a\xff.png", b"ill/a\\xff.png", b"ill/a\\b.png", b"well/1.png"):
        path = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name)))  # noqa: PTH118
        path.parent.mkdir(exist_ok=True)
        path.touch()
    source = FolderSource(tmp_path, DataConfig(source="folder", path=tmp_path))
    assert [record.name for record in source.records()] == ["ill/1.png", r"ill/a\b.png", "well/1.png"]
    assert source.skipped_files == (
        (
            r"ill/a\\xff.png",
            r"cannot be used: its name has an escape such as \xff, by which reports name other files: rename it",
        ),
        (r"ill/a\xff.png", "cannot be used: its name is not UTF-8, so that no report could name it: rename it"),
    )
