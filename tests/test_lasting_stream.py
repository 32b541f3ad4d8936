import io
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import IO, cast

import pytest

from medimage.lasting_stream import LastingStream
from tests.conftest import PROJECT


def test_it_is_the_stream_as_long_as_that_is_there() -> None:
    stream = io.StringIO()
    lasting = LastingStream(stream)
    assert lasting.write("text\n") == 5
    lasting.flush()
    assert stream.getvalue() == "text\n"
    assert lasting.isatty() is False


def test_a_stream_that_was_closed_is_written_to_no_more() -> None:
    stream = io.StringIO()
    lasting = LastingStream(stream)
    stream.close()
    assert lasting.write("lost") == 4
    lasting.flush()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_is_written_to_no_more() -> None:
    full = Path("/dev/full").open("w", encoding="utf-8")  # noqa: SIM115 - closing it is what fails
    lasting = LastingStream(cast(IO[str], full))
    lasting.write("lost")
    lasting.flush()
    lasting.write("lost too")
    with pytest.raises(OSError, match="No space left"):
        full.close()


def test_a_stage_goes_on_when_its_terminal_is_closed(tmp_path: Path) -> None:
    program = (
        "import sys, time\n"
        "from tests.support.trained_stages import run\n"
        "from tests.support.training import short_recipe\n"
        "from medimage.training.observers.console_observer import ConsoleObserver\n"
        "from pathlib import Path\n"
        "sys.stdin.readline()\n"
        "run(1, short_recipe(), observers=[ConsoleObserver()])\n"
        "Path(sys.argv[1]).write_text('trained')\n"
    )
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "outcome")],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(theirs)
    os.close(ours)
    process.communicate(b"go\n", timeout=120)
    assert (tmp_path / "outcome").read_text() == "trained"
