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


@pytest.mark.parametrize("command", ["-m medimage.command_line audit", "-m pipelines.audit"])
def test_a_command_is_refused_in_words_where_standard_output_is_closed(command: str) -> None:
    program = command.replace("-m medimage.command_line", "-c 'from medimage.command_line import main; main()'")
    ended = subprocess.run(
        ["bash", "-c", f'"{sys.executable}" {program} --config missing.yaml --out unused >&-'],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "missing.yaml" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_the_exit_code_tells_where_standard_error_is_full() -> None:
    program = f'"{sys.executable}" -m pipelines.audit --config missing.yaml --out unused 2>/dev/full'
    assert subprocess.run(["bash", "-c", program], timeout=60, check=False).returncode == 2


def test_a_limit_on_the_size_of_files_is_told_as_such(tmp_path: Path) -> None:
    program = """
import resource, signal, sys
from medimage.exit_codes import call_and_exit

def command():
    with open(sys.argv[1], "wb") as file:
        file.write(bytes(100_000))
    return 0

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
call_and_exit(command)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "large")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert "a file would be larger than this process may write" in ended.stderr
