import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
import sys
from pathlib import Path
from medimage.exit_codes import call_and_exit

def command():
    Path(sys.argv[1]).write_text("a result")
    print("said " * 100_000)
    return 0

call_and_exit(command)
"""


def _run(redirection: str, written: Path) -> subprocess.CompletedProcess[str]:
    command = f'"{sys.executable}" -c \'{_PROGRAM}\' "{written}" {redirection}'
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)


def test_a_closed_standard_output_takes_nothing_from_a_command(tmp_path: Path) -> None:
    ended = _run(">&-", tmp_path / "result")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert (tmp_path / "result").read_text() == "a result"


def test_no_file_gets_the_number_of_a_closed_standard_stream(tmp_path: Path) -> None:
    program = (
        "import sys; from medimage.exit_codes import call_and_exit\n"
        f"call_and_exit(lambda: open({str(tmp_path / 'file')!r}, 'w').fileno())"
    )
    command = f'"{sys.executable}" -c "{program}" <&- >&- 2>&-'
    ended = subprocess.run(["bash", "-c", command], timeout=60, check=False)
    assert ended.returncode > 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_standard_output_is_told_as_what_it_is(tmp_path: Path) -> None:
    ended = _run(">/dev/full", tmp_path / "result")
    assert ended.returncode == 1
    assert "standard output cannot be written to: No space left on device" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert (tmp_path / "result").read_text() == "a result"


def test_a_reader_that_goes_away_ends_a_command_without_a_traceback(tmp_path: Path) -> None:
    ended = _run("| head -c 1 > /dev/null; exit ${PIPESTATUS[0]}", tmp_path / "result")
    assert ended.returncode == 1
    assert "nobody reads standard output any more" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr
