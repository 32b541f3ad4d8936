"""Downloads from a storage that fails in every way, over real connections."""

import logging
import os
import random
import signal
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from medimage.config.sources import KaggleConfig
from medimage.data.sources.extraction import ExtractionLimits
from medimage.data.sources.kaggle import download_kaggle_dataset
from medimage.data.sources.kaggle.dataset import cached_versions
from medimage.data.sources.retry import RetryPolicy
from medimage.errors import DataError, MedimageError, StorageError
from tests.conftest import PROJECT
from tests.support.disk import files_limited_to
from tests.support.kaggle_server import (
    Answer,
    Drop,
    PlayedKaggle,
    Stall,
    assert_silent,
    playing_kaggle,
    with_key,
    without_credentials,
    zip_of,
)

FIRST = KaggleConfig(dataset="owner/name", version=1)
QUICK = RetryPolicy(attempts=3, first_wait_s=0)
ONCE = RetryPolicy(attempts=1)
STEP = 2**16


def files(seed: int) -> dict[str, bytes]:
    return {f"ill/{number}.png": random.Random(seed + number).randbytes(200_000) for number in range(4)}


@pytest.fixture
def kaggle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlayedKaggle]:
    without_credentials(tmp_path / "home", monkeypatch)
    with_key(monkeypatch)
    with playing_kaggle(PlayedKaggle(versions={1: zip_of(files(1))})) as played:
        monkeypatch.setenv("KAGGLE_API_ENDPOINT", played.address)
        yield played


def download(tmp_path: Path, retry: RetryPolicy = QUICK) -> None:
    root = download_kaggle_dataset(FIRST, cache=tmp_path / "cache", retry=retry)
    assert {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.png")} == files(1)
    left = {path.name for path in root.parent.iterdir()}
    assert left == {"version-1", ".version-1.lock"}


def failure(tmp_path: Path, retry: RetryPolicy = QUICK) -> MedimageError:
    with pytest.raises(MedimageError) as caught:
        download_kaggle_dataset(FIRST, cache=tmp_path / "cache", retry=retry)
    assert_silent(caught.value)
    assert cached_versions("owner/name", cache=tmp_path / "cache") == ()
    return caught.value


def part(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "owner__name" / ".version-1.download"


def ranges(kaggle: PlayedKaggle) -> list[str | None]:
    return [seen.headers.get("Range") for seen in kaggle.downloads()]


def test_a_connection_that_breaks_many_times_is_continued_where_it_broke(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    # More faults than attempts: each brings the download further, so none is given up.
    kaggle.storage_faults = [Drop(after=STEP)] * 8
    download(tmp_path)
    assert ranges(kaggle) == [None, *(f"bytes={STEP * step}-" for step in range(1, 9))]


def test_a_download_that_comes_no_further_is_given_up_and_kept_for_the_next_call(
    kaggle: PlayedKaggle, tmp_path: Path
) -> None:
    kaggle.storage_faults = [Drop(after=STEP), *[Drop(after=0)] * 3]
    message = str(failure(tmp_path))
    assert "owner/name version 1" in message
    assert "goes on where it broke off" in message
    assert len(kaggle.downloads()) == QUICK.attempts
    assert part(tmp_path).stat().st_size == STEP
    download(tmp_path)
    assert ranges(kaggle)[-1] == f"bytes={STEP}-"


def test_a_storage_that_ignores_ranges_is_downloaded_from_its_beginning(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    kaggle.ranges = False
    kaggle.storage_faults = [Drop(after=3 * STEP), Drop(after=2 * STEP)]
    download(tmp_path)
    assert ranges(kaggle) == [None, f"bytes={3 * STEP}-", f"bytes={2 * STEP}-"]


def test_a_storage_that_breaks_at_the_same_byte_each_time_is_given_up(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    kaggle.ranges = False
    kaggle.storage_faults = [Drop(after=STEP)] * 50
    failure(tmp_path)
    assert len(kaggle.downloads()) == QUICK.attempts


@pytest.mark.parametrize("headers", [("length", "etag", "md5"), ("length", "etag"), ("length", "md5"), ()])
def test_a_file_that_has_changed_meanwhile_is_downloaded_from_its_beginning(
    kaggle: PlayedKaggle, tmp_path: Path, headers: tuple[str, ...]
) -> None:
    kaggle.headers = headers
    good = kaggle.versions[1]
    kaggle.versions[1] = zip_of(files(9))[:-1000]
    kaggle.storage_faults = [Drop(after=STEP)]
    if headers:
        failure(tmp_path, ONCE)
    else:
        # Without a length, a broken connection looks like an end: the archive itself must tell.
        assert "damaged or cut off" in str(failure(tmp_path, ONCE))
    kaggle.versions[1] = good
    download(tmp_path)


def test_another_part_than_the_one_asked_for_is_not_appended(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    content = kaggle.versions[1]
    wrong = {"Content-Range": f"bytes {STEP + 1}-{len(content) - 1}/{len(content)}"}
    kaggle.storage_faults = [Drop(after=STEP), Answer(status=206, headers=wrong, body=content[STEP + 1 :])]
    download(tmp_path)
    assert ranges(kaggle) == [None, f"bytes={STEP}-", None]


def test_a_part_without_its_place_is_not_appended(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    kaggle.storage_faults = [Drop(after=STEP), Answer(status=206, body=kaggle.versions[1][STEP:])]
    download(tmp_path)
    assert ranges(kaggle) == [None, f"bytes={STEP}-", None]


def test_a_part_that_the_server_does_not_have_is_begun_anew(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    kaggle.storage_faults = [Drop(after=STEP), Answer(status=416)]
    download(tmp_path)
    assert ranges(kaggle) == [None, f"bytes={STEP}-", None]


@pytest.mark.parametrize("spoil", ["absent", "garbage", "other size", "no text"])
def test_a_part_that_nothing_vouches_for_is_begun_anew(kaggle: PlayedKaggle, tmp_path: Path, spoil: str) -> None:
    kaggle.storage_faults = [Drop(after=STEP)]
    failure(tmp_path, ONCE)
    note = part(tmp_path).with_name(f"{part(tmp_path).name}.json")
    if spoil == "absent":
        note.unlink()
    elif spoil == "garbage":
        note.write_text('{"size": "many", "validator": 3}')
    elif spoil == "no text":
        note.write_bytes(b"\xff")
    else:
        part(tmp_path).write_bytes(bytes(len(kaggle.versions[1]) + 1))
    download(tmp_path)
    assert ranges(kaggle) == [None, None]


def test_bytes_that_changed_on_the_way_are_found_by_their_checksum(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    kaggle.storage_faults = [Drop(after=2 * STEP)]
    failure(tmp_path, ONCE)
    with part(tmp_path).open("r+b") as file:
        file.write(b"spoilt")
    download(tmp_path)
    assert ranges(kaggle) == [None, f"bytes={2 * STEP}-", None]


def test_a_checksum_in_the_common_header_counts_as_well(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    content = kaggle.versions[1]
    headers = {"Content-Type": "application/zip", "Content-MD5": b64encode(bytes(16)).decode()}
    kaggle.storage_faults = [Answer(headers=headers, body=content)]
    download(tmp_path)
    assert len(kaggle.downloads()) == 2


def test_an_archive_that_was_cut_off_before_it_was_sent_is_told(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    kaggle.versions[1] = kaggle.versions[1][:-STEP]
    error = failure(tmp_path)
    assert isinstance(error, DataError)
    assert "damaged or cut off" in str(error)
    assert not part(tmp_path).exists()


def test_a_download_without_a_length_is_whole_when_the_archive_is(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    kaggle.headers = ()
    download(tmp_path)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(headers={"Content-Type": "text/html; charset=utf-8"}, body=b"<html>Log in"), "sent a web page"),
        (Answer(headers={"Content-Type": "application/zip"}, body=b"<!DOCTYPE html>Log in"), "begins with b'<!DOCTYPE"),
        (Answer(headers={"Content-Type": "application/zip"}, body=b""), "begins with b''"),
    ],
)
def test_a_web_page_instead_of_an_archive_is_told_at_once(
    kaggle: PlayedKaggle, tmp_path: Path, answer: Answer, message: str
) -> None:
    kaggle.storage_faults = [answer]
    assert message in str(failure(tmp_path))
    assert len(kaggle.downloads()) == 1
    download(tmp_path)


def test_an_archive_sent_without_a_detour_is_taken(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    kaggle.api_faults = [Answer(headers={"Content-Type": "application/zip"}, body=kaggle.versions[1])]
    download(tmp_path)
    assert kaggle.downloads() == []


def test_a_signed_address_that_has_ended_is_asked_for_again(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    kaggle.storage_faults = [Drop(after=STEP), Answer(status=403, body=b"<Error>expired")]
    download(tmp_path)
    assert len(kaggle.seen) == 6


def test_a_storage_that_falls_silent_is_left_and_asked_again(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    kaggle.storage_faults = [Stall(after=STEP)]
    download(tmp_path, RetryPolicy(attempts=5, first_wait_s=0, read_timeout_s=0.8))
    assert ranges(kaggle)[:2] == [None, f"bytes={STEP}-"]


def test_too_large_an_archive_for_the_disk_is_told_before_it_is_downloaded(
    kaggle: PlayedKaggle, tmp_path: Path
) -> None:
    kaggle.storage_faults = [Answer(headers={"Content-Length": str(10**15)}, body=b"PK")]
    error = failure(tmp_path)
    assert isinstance(error, StorageError)
    assert "953,674,316 MB free to download" in str(error)


def test_a_disk_that_takes_no_more_is_told_and_what_has_come_is_kept(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    with files_limited_to(5 * STEP // 2):
        error = failure(tmp_path)
    assert isinstance(error, StorageError)
    assert str(part(tmp_path).parent) in str(error)
    download(tmp_path)
    assert ranges(kaggle) == [None, f"bytes={5 * STEP // 2}-"]


def test_a_refused_archive_is_downloaded_anew_and_nothing_of_it_is_trusted(
    kaggle: PlayedKaggle, tmp_path: Path
) -> None:
    good = kaggle.versions[1]
    kaggle.versions[1] = zip_of({"../outside.png": b"x", "ill/1.png": b"x"})
    message = str(failure(tmp_path))
    assert message.startswith(
        "The archive of owner/name version 1 has the path '../outside.png', which leaves the folder"
    )
    assert not list(tmp_path.rglob("*.png"))
    kaggle.versions[1] = good
    download(tmp_path)


def test_limits_hold_for_downloaded_archives(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    kaggle.versions[1] = zip_of({"1.png": bytes(2**20)})
    with pytest.raises(DataError, match="unpacks to more than"):
        download_kaggle_dataset(
            FIRST, cache=tmp_path / "cache", retry=QUICK, limits=ExtractionLimits(total=2**16, always_allowed=2**10)
        )


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
