"""What has been downloaded is looked at before it is taken."""

from base64 import b64encode
from pathlib import Path

import pytest

from medimage.data.sources.extraction import ExtractionLimits
from medimage.data.sources.kaggle import download_kaggle_dataset
from medimage.errors import DataError, StorageError
from tests.support.interrupted_downloads import FIRST, ONCE, QUICK, STEP, download, failure, part, ranges
from tests.support.kaggle_server import Answer, Drop, PlayedKaggle, zip_of

pytestmark = pytest.mark.usefixtures("large_dataset")


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


def test_too_large_an_archive_for_the_disk_is_told_before_it_is_downloaded(
    kaggle: PlayedKaggle, tmp_path: Path
) -> None:
    kaggle.storage_faults = [Answer(headers={"Content-Length": str(10**15)}, body=b"PK")]
    error = failure(tmp_path)
    assert isinstance(error, StorageError)
    assert "953,674,316 MB free to download" in str(error)


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
