import logging
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from medimage.data.sources.kaggle.dataset import cached_versions
from tests.conftest import PROJECT
from tests.support.interrupted_downloads import STEP, download, part, ranges
from tests.support.kaggle_server import PlayedKaggle, Stall

pytestmark = pytest.mark.usefixtures("large_dataset")


def in_another_process(tmp_path: Path) -> subprocess.Popen[bytes]:
    code = (
        "import logging, sys; from pathlib import Path; logging.basicConfig(level='INFO')\n"
        "from medimage.config.sources import KaggleConfig\n"
        "from medimage.data.sources.kaggle import download_kaggle_dataset\n"
        "config = KaggleConfig(dataset='owner/name', version=1)\n"
        "download_kaggle_dataset(config, cache=Path(sys.argv[1]))\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "cache")]
    return subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, env=dict(os.environ))


def wait_for(path: Path, size: int) -> None:
    end = time.monotonic() + 60
    while not (path.is_file() and path.stat().st_size >= size):
        assert time.monotonic() < end, f"{path} did not come to {size} bytes"
        time.sleep(0.01)


def test_a_killed_download_goes_on_in_the_next_process(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    kaggle.storage_faults = [Stall(after=3 * STEP)]
    process = in_another_process(tmp_path)
    wait_for(part(tmp_path), 3 * STEP)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    assert cached_versions("owner/name", cache=tmp_path / "cache") == ()
    download(tmp_path)
    assert ranges(kaggle) == [None, f"bytes={3 * STEP}-"]


def test_two_processes_do_not_disturb_each_other(
    kaggle: PlayedKaggle, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kaggle.storage_faults = [Stall(after=STEP)]
    first = in_another_process(tmp_path)
    wait_for(part(tmp_path), STEP)
    with caplog.at_level(logging.INFO), ThreadPoolExecutor(1) as pool:
        second = pool.submit(download, tmp_path)
        end = time.monotonic() + 30
        while "Another process downloads owner/name: waiting for it" not in caplog.text:
            assert time.monotonic() < end
            time.sleep(0.01)
        assert len(kaggle.downloads()) == 1
        first.send_signal(signal.SIGKILL)
        first.communicate(timeout=30)
        second.result(timeout=30)
    assert ranges(kaggle) == [None, f"bytes={STEP}-"]
