import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from medimage.data.audit.image_rows import ROW_COLUMNS
from medimage.errors import ConfigurationError
from pipelines.audit import read_arguments
from tests.conftest import PROJECT
from tests.support.commands import environment
from tests.support.images import encode, make_class_folders, textured

CONFIG = "problem: sample\ndata:\n  source: folder\n  path: {path}\nsplit:\n  test_set: null\n"


def words(folder: Path, tmp_path: Path, *arguments: str) -> list[str]:
    """Returns the words after `medimage audit` that audit a folder."""
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.format(path=folder))
    return ["--config", str(config), *arguments]


def audit(folder: Path, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs `medimage audit` as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "pipelines.audit", *words(folder, tmp_path, *arguments)],
        cwd=PROJECT,
        env=environment(tmp_path / "home"),
        capture_output=True,
        text=True,
        check=False,
    )


def read_rows(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "images.csv").open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        rows = {row["path"]: row for row in reader}
        assert tuple(reader.fieldnames or ()) == ROW_COLUMNS
    return rows


def test_every_file_is_a_row_and_the_exit_code_is_0_where_the_data_can_be_trusted(tmp_path: Path) -> None:
    data = make_class_folders(tmp_path / "data", images=15)
    (data / "ill" / "copy.png").write_bytes((data / "ill" / "000.png").read_bytes())
    (data / "ill" / "darker.png").write_bytes(encode((textured(1) * 0.8).astype(np.uint8)))
    (data / "well" / "empty.png").write_bytes(b"")
    (data / "well" / "=1+1.png").write_bytes(encode(textured(77)))
    (data / 'notes, "old".txt').write_text("x")
    (data / ".hidden").write_text("x")
    finished = audit(data, tmp_path, "--out", str(tmp_path / "out"), "--split.folds", "3")
    assert finished.returncode == 0, finished.stderr
    rows = read_rows(tmp_path / "out")
    on_disk = {file.relative_to(data).as_posix() for file in data.rglob("*") if file.is_file()}
    assert set(rows) == on_disk
    assert {path: row["reason"].split(":")[0] for path, row in rows.items() if row["excluded"] == "true"} == {
        ".hidden": "skipped",
        'notes, "old".txt': "skipped",
        "ill/copy.png" if rows["ill/copy.png"]["excluded"] == "true" else "ill/000.png": "exact duplicate",
        "well/empty.png": "empty",
    }
    used = [row for row in rows.values() if row["excluded"] == "false"]
    assert {row["split"] for row in used} == {"train", "validation", "test"}
    assert {row["fold"] for row in used} == {"0", "1", "2"}
    assert all((row["split"] == "test") == (row["fold"] == "0") for row in used)
    assert all(row["split"] == row["fold"] == "" for row in rows.values() if row["excluded"] == "true")
    near = rows["ill/001.png"], rows["ill/darker.png"]
    assert near[0]["duplicate_cluster"] == near[1]["duplicate_cluster"] != ""
    assert near[0]["fold"] == near[1]["fold"]
    assert rows["ill/000.png"]["duplicate_cluster"] == rows["ill/copy.png"]["duplicate_cluster"] != ""
    assert rows["ill/005.png"]["duplicate_cluster"] == ""
    found = json.loads((tmp_path / "out" / "audit.json").read_text())
    assert found["trusted"] is True
    assert found["counts"]["files_found"] == len(rows) == 36
    assert found["counts"]["usable"] == sum(sum(counts.values()) for counts in found["split"]["parts"].values())
    assert {"findings", "expectations", "versions", "config_hash", "images_hash", "data_hash"} <= set(found)
    assert "near_duplicates" in {finding["name"] for finding in found["findings"]}
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "audit.json",
        "data_docs.html",
        "images.csv",
    ]
    assert "Great Expectations" in (tmp_path / "out" / "data_docs.html").read_text(encoding="utf-8")
    assert "usable" in finished.stdout
    assert re.search(r"  hidden file +│ 1 ", finished.stdout)
    assert re.search(r"  not an image by its name +│ 1 ", finished.stdout)
    assert str(tmp_path / "out") in finished.stdout


def test_data_that_cannot_be_trusted_are_written_all_the_same_and_end_with_1(tmp_path: Path) -> None:
    data = make_class_folders(tmp_path / "data", images=12)
    for number in range(12):
        (data / "ill" / f"bad{number}.png").write_bytes(b"no image %d" % number)
    finished = audit(data, tmp_path, "--out", str(tmp_path / "deep" / "out"))
    assert finished.returncode == 1
    assert "The data cannot be trusted" in finished.stderr
    assert "Traceback" not in finished.stderr
    rows = read_rows(tmp_path / "deep" / "out")
    assert sum(row["excluded"] == "true" for row in rows.values()) == 12
    assert {row["split"] for row in rows.values()} == {""}
    found = json.loads((tmp_path / "deep" / "out" / "audit.json").read_text())
    assert (found["trusted"], found["split"], found["data_hash"]) == (False, None, None)
    assert "cannot be trusted" in found["problem"]


def test_a_folder_with_one_image_is_told_in_one_paragraph(tmp_path: Path) -> None:
    (tmp_path / "data" / "ill").mkdir(parents=True)
    (tmp_path / "data" / "ill" / "1.png").write_bytes(encode(textured(1)))
    out = tmp_path / "out"
    out.mkdir()
    (out / "audit.json").write_text("of an earlier audit")
    finished = audit(tmp_path / "data", tmp_path, "--out", str(out))
    assert finished.returncode == 1
    assert "at least two classes" in finished.stderr
    assert "Traceback" not in finished.stderr
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "--out: name the folder to write to"),
        (("--out", ""), "got an empty one"),
        (("--out", "{file}"), "is a file"),
        (("--out", "{out}", "--split.fold", "3"), "split.folds"),
        (("--out", "{out}", "--summary", "x.json"), "--summary"),
    ],
)
def test_every_wrong_command_is_told_why(tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    data = make_class_folders(tmp_path / "data", images=1)
    (tmp_path / "file").write_text("x")
    places = {"file": tmp_path / "file", "out": tmp_path / "out"}
    with pytest.raises(ConfigurationError) as caught:
        read_arguments(words(data, tmp_path, *(word.format(**places) for word in arguments)))
    assert told in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_wrong_command_ends_with_2_and_says_why(tmp_path: Path) -> None:
    data = make_class_folders(tmp_path / "data", images=1)
    finished = audit(data, tmp_path, "--out", str(data / "ill"))
    assert finished.returncode == 2
    assert "--out: expected a folder outside of the data" in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize("out", ["data", "data/ill/new", "link/new", "data/../data/new"])
def test_nothing_is_written_among_the_data(tmp_path: Path, out: str) -> None:
    data = make_class_folders(tmp_path / "data", images=1)
    (tmp_path / "link").symlink_to(data / "well")
    before = sorted(data.rglob("*"))
    with pytest.raises(ConfigurationError, match="--out: expected a folder outside of the data"):
        read_arguments(words(data, tmp_path, "--out", str(tmp_path / out)))
    assert sorted(data.rglob("*")) == before


@pytest.mark.proof
def test_audits_that_start_at_once_in_a_new_workspace_all_look_for_a_locked_test_set(tmp_path: Path) -> None:
    data = make_class_folders(tmp_path / "data", images=15)
    command = [sys.executable, "-m", "pipelines.audit", "--config", str(tmp_path / "config.yaml")]
    (tmp_path / "config.yaml").write_text(f"problem: sample\ndata:\n  source: folder\n  path: {data}\n")
    running = [
        subprocess.Popen(
            [*command, "--out", str(tmp_path / f"out-{number}")],
            cwd=PROJECT,
            env=environment(tmp_path / "home"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for number in range(3)
    ]
    outputs = [process.communicate(timeout=120)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], outputs
