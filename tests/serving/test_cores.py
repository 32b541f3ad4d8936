import os
from pathlib import Path

import pytest

from medimage.serving.cores import available_cores


@pytest.mark.parametrize(
    ("content", "cores"),
    [("max 100000\n", None), ("100000 100000\n", 1), ("50000 100000\n", 1), ("150000 100000\n", 2), ("", None)],
)
def test_a_container_with_a_share_of_the_time_has_as_many_cores_as_that_share(
    content: str, cores: int | None, tmp_path: Path
) -> None:
    quota = tmp_path / "cpu.max"
    quota.write_text(content)
    mine = available_cores(tmp_path / "missing")
    assert available_cores(quota) == (mine if cores is None else min(cores, mine))


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs a system that can hold a process to cores")
def test_a_process_that_is_held_to_one_core_has_one(tmp_path: Path) -> None:
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(mine)})
    try:
        assert available_cores(tmp_path / "missing") == 1
    finally:
        os.sched_setaffinity(0, mine)
