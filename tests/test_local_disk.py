import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from medimage.local_disk import is_on_local_disk


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with a home folder of a server, and a disk mounted within it. None can be mounted by a test."""
    home = tmp_path / "home"
    kinds = {Path("/"): "ext4", home: "nfs4", home / "scratch": "xfs", home / "odd": "fuse.sshfs"}
    partitions = [SimpleNamespace(mountpoint=str(folder), fstype=kind) for folder, kind in kinds.items()]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: partitions)
    return home


def test_what_is_mounted_nearest_decides(mounted: Path) -> None:
    assert is_on_local_disk(mounted.parent / "other")
    assert not is_on_local_disk(mounted / "project" / "not-yet-there")
    assert is_on_local_disk(mounted / "scratch" / "project")
    assert not is_on_local_disk(mounted / "odd")


def test_a_link_is_where_it_leads(mounted: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(mounted / "project")
    assert not is_on_local_disk(tmp_path / "link")


@pytest.mark.skipif(sys.platform != "linux", reason="asks the df of Linux")
def test_the_folder_of_a_test_is_judged_as_the_system_names_its_file_system(tmp_path: Path) -> None:
    kind = subprocess.run(
        ["df", "--output=fstype", str(tmp_path)], capture_output=True, text=True, check=True
    ).stdout.split()[-1]
    assert is_on_local_disk(tmp_path) == (kind in {"ext4", "overlay", "tmpfs", "xfs", "btrfs", "zfs"})
    assert not is_on_local_disk(Path("/proc/self"))
