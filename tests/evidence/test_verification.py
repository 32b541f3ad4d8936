"""What lies outside of a run's folder: images, code, weights in the store."""

import dataclasses
import hashlib
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medimage.evidence.bound_file import StoredFile
from medimage.evidence.check import Check, Result
from medimage.evidence.evidence_file import read_evidence, write_evidence
from medimage.evidence.verification import Verification, verify
from tests.support.run_folders import IMAGES, make_run, write_code, write_images


def check_of(verification: Verification, role: str, what: str = "") -> Check:
    (check,) = (check for check in verification.checks if check.role == role and what in check.what)
    return check


def test_what_is_not_at_hand_is_told_as_not_checked_and_never_as_fine(tmp_path: Path) -> None:
    verification = verify(make_run(tmp_path))
    assert not verification.wrong
    expected = {"images": "--data FOLDER", "source files": "--code FOLDER", "image table and split": "artifact store"}
    for what, hint in expected.items():
        (check,) = (check for check in verification.checks if check.what == what)
        assert check.result is Result.NOT_CHECKED
        assert hint in check.detail


def test_every_image_is_looked_for_by_its_bytes_wherever_it_lies(tmp_path: Path) -> None:
    folder, images = make_run(tmp_path / "home"), write_images(tmp_path / "images")
    (images / "test" / "test-0").rename(images / "renamed.png")
    (images / "notes.txt").write_text("not an image of the run")
    check = check_of(verify(folder, images=images), "data", "images")
    assert (check.result, check.detail) == (Result.SAME, f"{len(IMAGES)} images")
    (images / "train" / "train-1").write_text("changed")
    (images / "train" / "train-2").unlink()
    check = check_of(verify(folder, images=images), "data", "images")
    assert check.result is Result.MISSING
    assert "of 12 images 2 are not in" in check.detail


@pytest.mark.parametrize("source", ["dicom", "synthetic"])
def test_images_that_never_were_files_cannot_be_looked_for(tmp_path: Path, source: str) -> None:
    folder = make_run(tmp_path / "home", source=source)
    check = check_of(verify(folder, images=write_images(tmp_path / "images")), "data", "images")
    assert check.result is Result.NOT_CHECKED
    assert source in check.detail


def test_a_list_of_images_that_was_changed_is_not_believed(tmp_path: Path) -> None:
    folder, images = make_run(tmp_path / "home"), write_images(tmp_path / "images")
    (folder / "images.parquet").write_bytes(b"no parquet at all")
    verification = verify(folder, images=images)
    assert check_of(verification, "data", "images").result is Result.NOT_CHECKED
    assert [check.what for check in verification.wrong] == ["images.parquet"]


def test_other_code_is_told_by_its_files(tmp_path: Path) -> None:
    folder, code = make_run(tmp_path / "home"), write_code(tmp_path / "code")
    (code / "medimage" / "__pycache__").mkdir()
    (code / "medimage" / "__pycache__" / "a.pyc").write_text("x")
    assert check_of(verify(folder, code=code), "code", "source files").result is Result.SAME
    (code / "steps" / "b.py").write_text("B = 3\n")
    (code / "steps" / "new.py").write_text("")
    (code / "medimage" / "a.py").unlink()
    check = check_of(verify(folder, code=code), "code", "source files")
    assert check.result is Result.DIFFERS
    assert "3 of 4 files differ: medimage/a.py, steps/b.py and steps/new.py" in check.detail


def test_weights_in_the_store_are_looked_at_while_they_are_at_hand(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "home")
    weights = tmp_path / "home" / "store" / "7" / "best.safetensors"
    assert check_of(verify(folder), "weights").result is Result.SAME
    weights.write_bytes(b"wEights")
    assert check_of(verify(folder), "weights").result is Result.DIFFERS
    weights.unlink()
    assert check_of(verify(folder), "weights").result is Result.NOT_CHECKED
    alone = shutil.copytree(folder, tmp_path / "alone")
    verification = verify(Path(alone))
    assert check_of(verification, "weights").result is Result.NOT_CHECKED
    assert not verification.wrong


@pytest.mark.parametrize("name", ["../../../secret", "{outside}"])
def test_evidence_cannot_ask_for_the_hash_of_a_file_outside_of_the_store(tmp_path: Path, name: str) -> None:
    folder, secret = make_run(tmp_path / "home"), tmp_path / "secret"
    secret.write_text("password")
    size, sha256 = secret.stat().st_size, hashlib.sha256(secret.read_bytes()).hexdigest()
    stored = StoredFile(name=name.format(outside=secret), role="weights", size=size, sha256=sha256, place="store/7")
    write_evidence(folder, dataclasses.replace(read_evidence(folder / "evidence.json").evidence, elsewhere=(stored,)))
    assert check_of(verify(folder), "weights").result is Result.NOT_CHECKED


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_stored_file_that_no_file_can_be_called_is_told(tmp_path: Path, name: str) -> None:
    folder = make_run(tmp_path)
    evidence = read_evidence(folder / "evidence.json").evidence
    stored = dataclasses.replace(evidence.elsewhere[0], name=name)
    write_evidence(folder, dataclasses.replace(evidence, elsewhere=(stored,)))
    check = check_of(verify(folder), "weights")
    assert (check.result, "none that a file can have" in check.detail) == (Result.UNREADABLE, True)


@pytest.mark.parametrize("content", [b"no parquet at all", b"", b"PAR1" + bytes(40) + b"PAR1", "other columns"])
def test_a_bound_list_of_images_that_lists_none_is_told(tmp_path: Path, content: bytes | str) -> None:
    def spoil(run: Path) -> None:
        if isinstance(content, bytes):
            (run / "images.parquet").write_bytes(content)
        else:
            pq.write_table(pa.table({"name": ["a"]}), run / "images.parquet")

    folder = make_run(tmp_path / "home", before_binding=spoil)
    (check,) = verify(folder, images=write_images(tmp_path / "images")).wrong
    assert (check.what, check.result) == ("images", Result.UNREADABLE)


@pytest.mark.parametrize("content", [b"[]\n", b"{}\n", b"no JSON", b'{\n  "files": []\n}\n'])
def test_a_bound_list_of_code_that_lists_none_is_told(tmp_path: Path, content: bytes) -> None:
    def spoil(run: Path) -> None:
        (run / "code.json").write_bytes(content)

    folder = make_run(tmp_path / "home", before_binding=spoil)
    (check,) = verify(folder, code=write_code(tmp_path / "code")).wrong
    assert (check.what, check.result) == ("source files", Result.UNREADABLE)


def test_evidence_that_names_no_code_does_not_pass_for_the_code_that_was_asked_for(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "home")
    evidence = read_evidence(folder / "evidence.json").evidence
    files = tuple(file for file in evidence.files if file.name != "code.json")
    (folder / "code.json").unlink()
    write_evidence(folder, dataclasses.replace(evidence, files=files))
    assert not verify(folder).wrong
    (check,) = verify(folder, code=write_code(tmp_path / "code")).wrong
    assert (check.what, check.result) == ("source files", Result.MISSING)


def test_a_link_among_the_code_is_told_by_its_name(tmp_path: Path) -> None:
    folder, code = make_run(tmp_path / "home"), write_code(tmp_path / "code")
    (code / "steps" / "linked.py").symlink_to(code / "steps" / "b.py")
    check = check_of(verify(folder, code=code), "code", "source files")
    assert (check.result, "linked.py is a link" in check.detail) == (Result.UNREADABLE, True)


def test_the_evidence_may_be_named_itself_and_from_within(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_run(tmp_path)
    assert verify(folder / "evidence.json") == verify(folder)
    monkeypatch.chdir(folder)
    assert not verify(Path()).wrong
    assert check_of(verify(Path("evidence.json")), "weights").result is Result.SAME


def test_a_folder_that_a_tracker_changes_later_is_told_and_not_bound(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "home")
    (folder / "wandb").mkdir()
    (folder / "wandb" / "late").write_text("")
    assert [check.what for check in verify(folder).wrong] == ["wandb/late"]
    (tmp_path / "later").mkdir()
    later = tmp_path / "later" / "runs" / "run-1"

    def add_tracker(run: Path) -> None:
        (run / "wandb").mkdir()
        (run / "wandb" / "latest-run").symlink_to("elsewhere")

    make_run(tmp_path / "later", before_binding=add_tracker)
    (later / "wandb" / "more").write_text("sent")
    verification = verify(later)
    assert not verification.wrong
    assert check_of(verification, "tracker").result is Result.NOT_CHECKED
