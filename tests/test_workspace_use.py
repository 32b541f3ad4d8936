import subprocess
import sys
from pathlib import Path

import pytest

from medimage.errors import UnderWayError
from medimage.workspace_use import use_lock, workspace_alone, workspace_in_use
from tests.conftest import PROJECT
from tests.support.commands import environment

BEGIN = (
    "from medimage.workspace_use import workspace_in_use\n"
    "print('tries', flush=True)\n"
    "with workspace_in_use(): print('in')"
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MEDIMAGE_HOME", str(tmp_path))
    return tmp_path


def test_several_may_use_a_workspace_and_none_is_alone_meanwhile(home: Path) -> None:
    with workspace_in_use(), workspace_in_use(), pytest.raises(UnderWayError, match=str(home)), workspace_alone("done"):
        pytest.fail("it is in use")
    with workspace_alone("done"), pytest.raises(UnderWayError), workspace_alone("done"):
        pytest.fail("somebody else is alone in it")


def test_what_begins_while_one_is_alone_waits_until_that_is_over(home: Path) -> None:
    with workspace_alone("cleaned"):
        beginning = subprocess.Popen(
            [sys.executable, "-c", BEGIN], cwd=PROJECT, env=environment(home), stdout=subprocess.PIPE, text=True
        )
        assert beginning.stdout is not None
        assert beginning.stdout.readline() == "tries\n"
        with pytest.raises(subprocess.TimeoutExpired):
            beginning.wait(timeout=1)
    told, _ = beginning.communicate(timeout=60)
    assert (told, beginning.returncode) == ("in\n", 0)


def test_the_lock_stays_where_it_is_so_that_all_meet_at_it(home: Path) -> None:
    with workspace_in_use():
        pass
    with workspace_alone("done"):
        pass
    assert use_lock() == home / "in_use.lock"
    assert use_lock().is_file()
