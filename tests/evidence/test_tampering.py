"""Whatever is done to the folder of a run is noticed."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from medimage.evidence.check import Result
from medimage.evidence.errors import EvidenceError
from medimage.evidence.evidence_file import read_evidence
from medimage.evidence.verification import verify
from tests.support.privileges import without_privileges
from tests.support.run_folders import make_run

FILES = (
    "code.json", "config.yaml", "evidence.json", "gate.json", "images.parquet", "model.onnx", "report.html",
    "stage1/epochs.csv",
)  # fmt: skip


@pytest.fixture(scope="module")
def pristine() -> Iterator[Path]:
    """A folder that nobody has touched, signed; hypothesis tries each change on it and takes it back."""
    with tempfile.TemporaryDirectory() as workspace:
        yield make_run(Path(workspace), key=Ed25519PrivateKey.generate())


@pytest.fixture
def folder(pristine: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoilt."""
    return Path(shutil.copytree(pristine, tmp_path / "runs" / "run-1"))


def results(folder: Path) -> dict[str, Result]:
    """What was found of everything that is wrong."""
    return {check.what: check.result for check in verify(folder).wrong}


def is_noticed(folder: Path) -> bool:
    try:
        return bool(verify(folder).wrong)
    except EvidenceError:
        return True


def test_the_list_of_files_here_is_that_of_the_folder(pristine: Path) -> None:
    assert {path.relative_to(pristine).as_posix() for path in pristine.rglob("*") if path.is_file()} == set(FILES)
    assert results(pristine) == {}


@settings(max_examples=400, deadline=None)
@given(name=st.sampled_from(FILES), place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_every_changed_byte_of_every_file_is_noticed(pristine: Path, name: str, place: float, flip: int) -> None:
    path = pristine / name
    content = path.read_bytes()
    offset = int(place * len(content))
    changed = bytearray(content)
    changed[offset] ^= flip
    path.write_bytes(changed)
    try:
        assert is_noticed(pristine), f"byte {offset} of {name}: {content[offset]} became {changed[offset]}"
    finally:
        path.write_bytes(content)


def test_every_byte_of_the_evidence_itself_counts(pristine: Path) -> None:
    path = pristine / "evidence.json"
    content = path.read_bytes()
    try:
        for offset, byte in enumerate(content):
            # The bit of 0x20 changes a letter's case, that of 0x01 a digit and a space.
            flip = 0x20 if chr(byte).isalpha() else 0x01
            path.write_bytes(content[:offset] + bytes([byte ^ flip]) + content[offset + 1 :])
            with pytest.raises(EvidenceError):
                read_evidence(path)
    finally:
        path.write_bytes(content)


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(FILES), kept=st.floats(0, 1, exclude_max=True))
def test_every_truncation_is_noticed(pristine: Path, name: str, kept: float) -> None:
    path = pristine / name
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    try:
        assert is_noticed(pristine)
    finally:
        path.write_bytes(content)


def swap(folder: Path) -> None:
    a, b = folder / "gate.json", folder / "config.yaml"
    old = a.read_bytes()
    a.write_bytes(b.read_bytes())
    b.write_bytes(old)


def remove(folder: Path) -> None:
    (folder / "report.html").unlink()


def add(folder: Path) -> None:
    (folder / "stage1" / "more.csv").write_text("")


def add_hidden(folder: Path) -> None:
    (folder / ".hidden").write_text("x")


def link_out(folder: Path) -> None:
    outside = folder.parent / "same.html"
    shutil.move(folder / "report.html", outside)
    (folder / "report.html").symlink_to(outside)


def link_folder_out(folder: Path) -> None:
    shutil.move(folder / "stage1", folder.parent / "stage1")
    (folder / "stage1").symlink_to(folder.parent / "stage1")


def put_a_pipe(folder: Path) -> None:
    (folder / "report.html").unlink()
    os.mkfifo(folder / "report.html")


def put_a_folder(folder: Path) -> None:
    (folder / "report.html").unlink()
    (folder / "report.html").mkdir()


def lengthen(folder: Path) -> None:
    with (folder / "model.onnx").open("ab") as file:
        file.write(b"\0")


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (swap, {"gate.json": Result.DIFFERS, "config.yaml": Result.DIFFERS}),
        (remove, {"report.html": Result.MISSING}),
        (add, {"stage1/more.csv": Result.ADDED}),
        (add_hidden, {".hidden": Result.ADDED}),
        (link_out, {"report.html": Result.DIFFERS}),
        (link_folder_out, {"stage1/epochs.csv": Result.DIFFERS, "stage1": Result.ADDED}),
        (put_a_pipe, {"report.html": Result.DIFFERS}),
        (put_a_folder, {"report.html": Result.DIFFERS}),
        (lengthen, {"model.onnx": Result.DIFFERS}),
    ],
)
def test_each_kind_of_change_is_told_by_the_file_and_how(
    folder: Path, spoil: Callable[[Path], None], expected: dict[str, Result]
) -> None:
    spoil(folder)
    assert results(folder) == expected


def test_a_file_that_may_not_be_read_is_not_taken_for_fine(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (folder.parents[1], folder.parent, folder, folder / "stage1"):
        path.chmod(0o755)
    for name in FILES:
        (folder / name).chmod(0o644)
    (folder / "gate.json").chmod(0)
    with without_privileges(folder.parents[1], monkeypatch):
        (check,) = verify(Path("runs", "run-1")).wrong
    assert (check.what, check.result, check.detail) == ("gate.json", Result.UNREADABLE, "Permission denied")


def test_what_two_runs_share_does_not_make_one_the_other(pristine: Path, folder: Path, tmp_path: Path) -> None:
    other = make_run(tmp_path / "other", run_name="run-2")
    assert (other / "report.html").read_bytes() == (pristine / "report.html").read_bytes()
    shutil.copy(other / "evidence.json", folder / "evidence.json")
    # The files are equal, so this evidence is true of them; only the signature shows that it is another's.
    assert results(folder) == {}
    key = Ed25519PrivateKey.generate().public_key()
    (check,) = verify(folder, public_key=key).wrong
    assert (check.what, check.result) == ("signature", Result.MISSING)
