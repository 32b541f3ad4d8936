"""Downloads from a storage that breaks off, over real connections."""

from pathlib import Path

import pytest

from medimage.data.sources.retry import RetryPolicy
from medimage.errors import StorageError
from tests.support.disk import files_limited_to
from tests.support.interrupted_downloads import ONCE, QUICK, STEP, download, failure, files, part, ranges
from tests.support.kaggle_server import Answer, Drop, PlayedKaggle, Stall, zip_of

pytestmark = pytest.mark.usefixtures("large_dataset")


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


def test_a_signed_address_that_has_ended_is_asked_for_again(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    kaggle.storage_faults = [Drop(after=STEP), Answer(status=403, body=b"<Error>expired")]
    download(tmp_path)
    assert len(kaggle.seen) == 6


def test_a_storage_that_falls_silent_is_left_and_asked_again(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    kaggle.storage_faults = [Stall(after=STEP)]
    download(tmp_path, RetryPolicy(attempts=5, first_wait_s=0, read_timeout_s=0.8))
    assert ranges(kaggle)[:2] == [None, f"bytes={STEP}-"]


def test_a_disk_that_takes_no_more_is_told_and_what_has_come_is_kept(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    with files_limited_to(5 * STEP // 2):
        error = failure(tmp_path)
    assert isinstance(error, StorageError)
    assert str(part(tmp_path).parent) in str(error)
    download(tmp_path)
    assert ranges(kaggle) == [None, f"bytes={5 * STEP // 2}-"]
