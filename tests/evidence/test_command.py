"""`medimage evidence` as a user runs it."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from medimage.evidence.evidence_file import read_evidence, write_evidence
from tests.conftest import PROJECT
from tests.support.run_folders import make_run


def evidence(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", "from medimage.command_line import main; main()", "evidence", *map(str, arguments)]
    return subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=False)


def test_a_folder_as_the_run_left_it_ends_with_0_and_a_table_of_what_was_checked(tmp_path: Path) -> None:
    finished = evidence("verify", make_run(tmp_path))
    assert finished.returncode == 0, finished.stderr
    for text in ("report.html", "model.onnx", "same", "not checked", "9 checks", "0 failed"):
        assert text in finished.stdout


def test_a_changed_file_ends_with_1_and_is_named_with_the_difference(tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    (folder / "gate.json").write_bytes((folder / "gate.json").read_bytes().replace(b"PASS", b"FAIL"))
    (folder / "model.onnx").write_bytes(b"")
    finished = evidence("verify", folder)
    assert finished.returncode == 1
    assert "Traceback" not in finished.stderr
    for text in ("gate.json", "differs", "expected SHA-256", "expected 1,024 bytes but it has 0", "2 failed"):
        assert text in finished.stdout


def test_keys_are_made_and_a_signed_run_is_verified_with_them(tmp_path: Path) -> None:
    made = evidence("keygen", "--out", tmp_path / "k.pem")
    assert made.returncode == 0, made.stderr
    assert "PRIVATE KEY" not in made.stdout
    from medimage.evidence.keys import signing_key

    folder = make_run(tmp_path / "home", key=signing_key(tmp_path / "k.pem"))
    finished = evidence("verify", folder, "--public-key", tmp_path / "k.public.pem")
    assert (finished.returncode, "by the key" in finished.stdout) == (0, True)
    evidence("keygen", "--out", tmp_path / "other.pem")
    finished = evidence("verify", folder, "--public-key", tmp_path / "other.public.pem")
    assert finished.returncode == 1
    assert "signature" in finished.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        ((), 2, "ACTION"),
        (("verify",), 2, "FOLDER"),
        (("verify", "/nowhere/at/all"), 2, "there is no file or folder"),
        (("verify", "", "--data", "x"), 2, "an empty one"),
        (("verify", ".", "--data", "/nowhere"), 2, "--data: expected a folder"),
        (("verify", ".", "--public-key", "/nowhere"), 2, "--public-key: cannot read /nowhere"),
        (("verify", "."), 1, "there is no file"),
        (("verify", "pyproject.toml"), 1, "cannot be read"),
        (("keygen", "--out", "/nowhere/key.pem"), 2, "there is no folder"),
        (("keygen", "--out", "pyproject.toml"), 1, "a key is not replaced"),
    ],
)
def test_a_wrong_command_is_one_clear_paragraph(arguments: tuple[str, ...], code: int, expected: str) -> None:
    finished = evidence(*arguments)
    assert finished.returncode == code
    assert expected in finished.stderr
    assert "Traceback" not in finished.stderr


def test_the_verdict_on_each_of_several_models_stands_above_the_table(tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    written = read_evidence(folder / "evidence.json").evidence
    claims = {"problem": "lung", "verdict_of_small": "PASS", "verdict_of_large": "FAIL"}
    write_evidence(folder, dataclasses.replace(written, claims=claims))
    assert "Evidence of run-1: large FAIL, small PASS" in evidence("verify", folder).stdout
    write_evidence(folder, dataclasses.replace(written, claims={}))
    assert "Evidence of run-1: no verdict" in evidence("verify", folder).stdout


def test_names_cannot_give_orders_to_the_terminal(tmp_path: Path) -> None:
    folder = make_run(tmp_path)
    (folder / "\x1b[2Jred.html").write_text("[bold]")
    written = read_evidence(folder / "evidence.json").evidence
    roles = ("\x1b[2Jrole", "\ud800")
    renamed = tuple(dataclasses.replace(file, role=role) for file, role in zip(written.files[:2], roles, strict=True))
    write_evidence(folder, dataclasses.replace(written, files=(*renamed, *written.files[2:])))
    finished = evidence("verify", folder)
    assert finished.returncode == 1, finished.stderr
    assert "\\x1b[2Jrole" in finished.stdout
    assert "\x1b" not in finished.stdout
    assert "\\x1b[2Jred.html" in finished.stdout
