import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from medimage.data.sources.fill_once import fill_once
from medimage.workspace import owner_prefix
from tests.conftest import PROJECT


def test_the_folder_is_there_when_it_is_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    target = tmp_path / "cache" / "newest"

    def fill(folder: Path) -> None:
        assert not target.exists()
        (folder / "image.png").write_bytes(b"x")

    fill_once(target, fill)
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == [
        "cache", "cache/newest", "cache/newest/image.png"
    ]  # fmt: skip
    assert target.stat().st_mode == target.parent.stat().st_mode


def test_what_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def fill(folder: Path) -> None:
        (folder / "half.zip").write_bytes(b"x")
        raise OSError("the network is gone")

    with pytest.raises(OSError, match="network"):
        fill_once(tmp_path / "newest", fill)
    assert list(tmp_path.iterdir()) == []


def test_two_at_once_do_not_disturb_each_other_and_the_first_one_counts(tmp_path: Path) -> None:
    target = tmp_path / "newest"
    both_are_writing, first_is_done = threading.Barrier(2), threading.Event()

    def run(name: str) -> None:
        def fill(folder: Path) -> None:
            (folder / name).write_bytes(b"x")
            both_are_writing.wait(timeout=30)
            if name == "second":
                first_is_done.wait(timeout=30)
            assert [path.name for path in folder.iterdir()] == [name]

        fill_once(target, fill)
        if name == "first":
            first_is_done.set()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, ("first", "second")))
    assert [path.name for path in tmp_path.rglob("*")] == ["newest", "first"]


def test_what_a_killed_process_left_behind_is_removed(tmp_path: Path) -> None:
    command = (
        "import os, signal, sys; from pathlib import Path; from medimage.data.sources.fill_once import fill_once; "
        "fill_once(Path(sys.argv[1]), lambda folder: os.kill(os.getpid(), signal.SIGKILL))"
    )
    subprocess.run([sys.executable, "-c", command, str(tmp_path / "newest")], cwd=PROJECT, check=False)
    assert len(list(tmp_path.iterdir())) == 1
    mine = tmp_path / f"{owner_prefix('.newest-unfinished.')}abc"
    mine.mkdir()
    fill_once(tmp_path / "newest", lambda _: None)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([mine.name, "newest"])
