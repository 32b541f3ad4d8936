"""Versions, copies and refusals; how a download goes on after faults is in `test_kaggle_download`."""

import json
import logging
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from medimage.config.data import DataConfig
from medimage.config.sources import KaggleConfig
from medimage.data.sources.kaggle import copy_identity, download_kaggle_dataset, name_version, require_kaggle_access
from medimage.data.sources.kaggle.dataset import cached_versions, dataset_folder
from medimage.data.sources.open_source import open_source
from medimage.data.sources.retry import RetryPolicy
from medimage.errors import ConfigurationError, DataError, MedimageError
from tests.support.images import make_class_folders
from tests.support.kaggle_server import (
    KEY,
    REFRESH_TOKEN,
    SECRETS,
    TOKEN,
    USERNAME,
    Answer,
    PlayedKaggle,
    assert_silent,
    playing_kaggle,
    with_key,
    without_credentials,
    zip_of,
)

NEWEST = KaggleConfig(dataset="owner/name")
FIRST = KaggleConfig(dataset="owner/name", version=1)
QUICK = RetryPolicy(attempts=3, first_wait_s=0, longest_asked_wait_s=2)
ONE = {"ill/1.png": b"first", "well/2.png": b"second"}
TWO = {"ill/1.png": b"first", "well/2.png": b"third"}


@pytest.fixture
def kaggle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlayedKaggle]:
    without_credentials(tmp_path / "home", monkeypatch)
    with_key(monkeypatch)
    with playing_kaggle(PlayedKaggle(versions={1: zip_of(ONE), 2: zip_of(TWO)})) as played:
        monkeypatch.setenv("KAGGLE_API_ENDPOINT", played.address)
        yield played


def download(config: KaggleConfig, tmp_path: Path) -> dict[str, bytes]:
    root = download_kaggle_dataset(config, cache=tmp_path / "cache", retry=QUICK)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def refused(config: KaggleConfig, tmp_path: Path) -> MedimageError:
    with pytest.raises(MedimageError) as caught:
        download(config, tmp_path)
    assert_silent(caught.value)
    assert cached_versions("owner/name", cache=tmp_path / "cache") == ()
    assert "\n" not in str(caught.value)
    return caught.value


def test_any_version_is_downloaded_once(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    assert download(FIRST, tmp_path) == ONE
    assert download(NEWEST, tmp_path) == TWO
    assert len(kaggle.downloads()) == 2
    assert download(FIRST, tmp_path) == ONE
    assert download(NEWEST, tmp_path) == TWO
    assert len(kaggle.downloads()) == 2
    left = {path.name for path in (tmp_path / "cache" / "owner__name").iterdir()}
    assert left == {"version-1", "version-2", ".version-1.lock", ".version-2.lock"}


def test_a_newer_version_is_noticed_and_the_older_copy_stays(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert download(NEWEST, tmp_path) == TWO
    before = copy_identity(NEWEST, cache=cache)
    kaggle.versions[3] = zip_of({"ill/new.png": b"new"})
    assert (before, copy_identity(NEWEST, cache=cache)) == ("owner/name version 2", "owner/name version 3")
    assert download(NEWEST, tmp_path) == {"ill/new.png": b"new"}
    assert cached_versions("owner/name", cache=cache) == (2, 3)


def test_a_version_that_is_named_once_stays_whatever_appears_meanwhile(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    named = name_version(KaggleConfig(dataset="owner/name", subfolder="well"), cache=tmp_path / "cache")
    assert (named.version, named.subfolder) == (2, "well")
    kaggle.versions[3] = zip_of({"well/new.png": b"new"})
    asked = len(kaggle.seen)
    assert copy_identity(named, cache=tmp_path / "cache") == "owner/name version 2"
    assert len(kaggle.seen) == asked
    assert download(named, tmp_path) == {"2.png": b"third"}
    assert name_version(FIRST, cache=tmp_path / "cache") == FIRST


def test_without_a_network_the_newest_copy_is_used_and_the_log_says_so(
    kaggle: PlayedKaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    del kaggle
    download(FIRST, tmp_path)
    download(NEWEST, tmp_path)
    monkeypatch.setenv("KAGGLE_API_ENDPOINT", "http://127.0.0.1:1")
    with caplog.at_level(logging.WARNING):
        assert copy_identity(NEWEST, cache=tmp_path / "cache") == "owner/name version 2"
        assert download(NEWEST, tmp_path) == TWO
    assert "Using version 2 of owner/name, the newest one that is on this machine" in caplog.text
    assert "Connection refused" in caplog.text


def test_a_copy_needs_no_credentials(
    kaggle: PlayedKaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    del kaggle
    download(FIRST, tmp_path)
    monkeypatch.delenv("KAGGLE_KEY")
    for config in (FIRST, NEWEST):
        require_kaggle_access(config, cache=tmp_path / "cache")
        assert download(config, tmp_path) == ONE
    assert "no Kaggle credentials were found" in caplog.text
    with pytest.raises(ConfigurationError, match="no Kaggle credentials were found"):
        require_kaggle_access(KaggleConfig(dataset="owner/name", version=2), cache=tmp_path / "cache")


def test_the_source_of_the_credentials_is_told_and_they_are_not(
    kaggle: PlayedKaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    kaggle.api_faults = [Answer(status=503)]
    # Migrations of a database, run by other tests of this process, disable the loggers that they find.
    monkeypatch.setattr(logging.getLogger("urllib3.connectionpool"), "disabled", False)
    # At this level the HTTP library tells every request.
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="urllib3.connectionpool"):
        download(FIRST, tmp_path)
    assert "with credentials from the environment variables KAGGLE_USERNAME and KAGGLE_KEY" in caplog.text
    assert "Kaggle answered 503 Service Unavailable; trying again" in caplog.text
    assert all(secret not in caplog.text for secret in SECRETS)
    # Another library of the same process may have blotted the signature out before us, in its own way.
    assert re.search(r'"GET /storage/1/archive\.zip\?\S+ HTTP/1\.1" 200', caplog.text)


def test_the_storage_gets_no_credentials(kaggle: PlayedKaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What is written here for a server is sent by the HTTP library unless it is told not to.
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    download(FIRST, tmp_path)
    assert ["Authorization" in seen.headers for seen in kaggle.seen] == [True, False]


def test_a_token_and_a_login_work_as_well(
    kaggle: PlayedKaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN)
    assert download(FIRST, tmp_path) == ONE
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    monkeypatch.delenv("KAGGLE_KEY")
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path))
    (tmp_path / "credentials.json").write_text(json.dumps({"refresh_token": REFRESH_TOKEN}))
    assert download(NEWEST, tmp_path) == TWO
    exchanges = [seen for seen in kaggle.seen if seen.path.endswith("GenerateAccessToken")]
    assert {seen.headers.get("Authorization") for seen in exchanges} == {None}


def test_questions_are_those_of_kaggles_own_client(
    kaggle: PlayedKaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kagglesdk.datasets.types.dataset_api_service import ApiDownloadDatasetRequest, ApiGetDatasetRequest
    from kagglesdk.kaggle_http_client import KaggleHttpClient
    from kagglesdk.users.types.account_service import ApiVersion, GenerateAccessTokenRequest

    monkeypatch.delenv("KAGGLE_KEY")
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path))
    (tmp_path / "credentials.json").write_text(json.dumps({"refresh_token": REFRESH_TOKEN}))
    download(NEWEST, tmp_path)

    exchange = GenerateAccessTokenRequest()
    exchange.refresh_token, exchange.api_version = REFRESH_TOKEN, ApiVersion.API_VERSION_V1
    exchange.expiration_duration = timedelta(hours=12)
    view = ApiGetDatasetRequest()
    view.owner_slug, view.dataset_slug = "owner", "name"
    fetch = ApiDownloadDatasetRequest()
    fetch.owner_slug, fetch.dataset_slug, fetch.dataset_version_number = "owner", "name", 2
    client = KaggleHttpClient(username=USERNAME, password=KEY)
    client._init_session()
    expected = {}
    for service, method, request in (
        ("users.AccountService", "GenerateAccessToken", exchange),
        ("datasets.DatasetApiService", "GetDataset", view),
        ("datasets.DatasetApiService", "DownloadDataset", fetch),
    ):
        prepared = client._prepare_request(service, method, request)
        expected[str(prepared.url).removeprefix("https://api.kaggle.com")] = json.loads(prepared.body)
    asked = {seen.path.removeprefix("/api"): seen.body for seen in kaggle.seen if seen.body}
    assert asked == expected


def test_wrong_credentials_are_told(kaggle: PlayedKaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGGLE_KEY", KEY[::-1])
    error = refused(NEWEST, tmp_path)
    assert error.exit_code == 2
    assert "from the environment variables KAGGLE_USERNAME and KAGGLE_KEY (401)" in str(error)
    assert "quickstart" in str(error)
    assert len(kaggle.seen) == 1


def test_a_login_that_was_withdrawn_is_told(
    kaggle: PlayedKaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del kaggle
    monkeypatch.delenv("KAGGLE_KEY")
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path))
    (tmp_path / "credentials.json").write_text(json.dumps({"refresh_token": "withdrawn"}))
    assert "from the login in" in str(refused(NEWEST, tmp_path))


def test_terms_that_were_not_accepted_are_told_with_the_page(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    kaggle.api_faults = [Answer(status=403)]
    message = str(refused(FIRST, tmp_path))
    assert "owner/name version 1" in message
    assert "Open https://www.kaggle.com/datasets/owner/name as that user and accept the terms" in message


@pytest.mark.parametrize("config", [KaggleConfig(dataset="owner/other"), KaggleConfig(dataset="owner/name", version=9)])
def test_a_wrong_name_or_version_is_told(kaggle: PlayedKaggle, tmp_path: Path, config: KaggleConfig) -> None:
    message = str(refused(config, tmp_path))
    assert f"Kaggle has no {config.dataset}{f' version {config.version}' if config.version else ''} (404)" in message
    assert len(kaggle.seen) == 1


def test_an_error_in_the_body_of_a_success_is_one(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    body = json.dumps({"code": 404, "message": "Dataset not found"}).encode()
    kaggle.api_faults = [Answer(headers={"Content-Type": "application/json"}, body=body)]
    assert "Kaggle has no owner/name version 1 (404)" in str(refused(FIRST, tmp_path))


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 520])
def test_a_busy_server_is_asked_again(kaggle: PlayedKaggle, tmp_path: Path, status: int) -> None:
    kaggle.api_faults = [Answer(status=status)] * 2
    assert download(FIRST, tmp_path) == ONE
    assert len(kaggle.seen) == 4


def test_a_server_that_stays_busy_is_told(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    kaggle.api_faults = [Answer(status=429)] * 10
    message = str(refused(NEWEST, tmp_path))
    assert "Kaggle answered 429 Too Many Requests" in message
    assert len(kaggle.seen) == 3


def test_a_wait_that_the_server_asks_for_is_waited(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=1.2), usegmt=True)
    kaggle.api_faults = [Answer(status=429, headers={"Retry-After": "0"})]
    kaggle.storage_faults = [Answer(status=429, headers={"Retry-After": date})]
    begun = datetime.now(UTC)
    assert download(FIRST, tmp_path) == ONE
    assert datetime.now(UTC) - begun > timedelta(seconds=0.1)


def test_too_long_a_wait_is_told_instead_of_waited(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    kaggle.api_faults = [Answer(status=429, headers={"Retry-After": "3600"})]
    assert "It asks to wait 3600 s" in str(refused(FIRST, tmp_path))
    assert len(kaggle.seen) == 1


def test_an_unknown_refusal_is_told_with_its_status(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    kaggle.api_faults = [Answer(status=451)]
    assert "Kaggle answered 451 Unavailable For Legal Reasons" in str(refused(FIRST, tmp_path))


@pytest.mark.parametrize(
    "answer",
    [
        Answer(headers={"Content-Type": "text/html"}, body=b"<html>Log in"),
        Answer(headers={"Content-Type": "application/json"}, body=b'{"currentVersionNumber": 3'),
        Answer(headers={"Content-Type": "application/json"}, body=b"[" * 100_000),
        Answer(headers={"Content-Type": "application/json"}, body=b"[3]"),
        Answer(headers={"Content-Type": "application/json"}, body=b"\xff\xfe"),
        Answer(status=302, headers={"Location": "/login"}),
    ],
)
def test_an_answer_that_is_none_is_told(kaggle: PlayedKaggle, tmp_path: Path, answer: Answer) -> None:
    kaggle.api_faults = [answer]
    error = refused(NEWEST, tmp_path)
    assert isinstance(error, DataError)
    assert "something else than JSON" in str(error)


@pytest.mark.parametrize("number", ["0", '"3"', "null", "true", "-1"])
def test_a_version_that_is_no_number_is_not_guessed(kaggle: PlayedKaggle, tmp_path: Path, number: str) -> None:
    body = f'{{"currentVersionNumber": {number}}}'.encode()
    kaggle.api_faults = [Answer(headers={"Content-Type": "application/json"}, body=body)]
    assert "did not say which version" in str(refused(NEWEST, tmp_path))


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://[::1"])
def test_an_address_that_is_none_is_not_followed(kaggle: PlayedKaggle, tmp_path: Path, location: str) -> None:
    kaggle.api_faults = [Answer(status=302, headers={"Location": location})]
    assert "cannot be used" in str(refused(FIRST, tmp_path))


def test_a_server_that_is_not_there_is_told(
    kaggle: PlayedKaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del kaggle
    monkeypatch.setenv("KAGGLE_API_ENDPOINT", "http://127.0.0.1:1")
    assert "could not be made or broke (Connection refused)" in str(refused(NEWEST, tmp_path))


def test_a_subfolder_is_opened_and_one_that_is_not_there_is_refused_with_those_that_are(
    kaggle: PlayedKaggle, tmp_path: Path
) -> None:
    del kaggle
    assert download(KaggleConfig(dataset="owner/name", version=1, subfolder="ill"), tmp_path) == {"1.png": b"first"}
    with pytest.raises(ConfigurationError, match=r"'absent', but owner/name has only the folders \['ill', 'well'\]"):
        download(KaggleConfig(dataset="owner/name", version=1, subfolder="absent"), tmp_path)


@pytest.mark.parametrize("subfolder", ["../other", "/etc", "a/../../b", "..", "a\\b", ""])
def test_a_subfolder_stays_inside_the_dataset(subfolder: str) -> None:
    with pytest.raises(ValueError, match="subfolder"):
        KaggleConfig(dataset="owner/name", subfolder=subfolder)


def test_the_images_of_a_dataset_are_those_of_its_folder(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=3)
    kaggle.versions[3] = zip_of({f"top/{path.relative_to(root)}": path.read_bytes() for path in root.rglob("*.png")})
    config = {"source": "kaggle", "kaggle": {"dataset": "owner/name", "subfolder": "top"}}
    found = open_source(DataConfig.model_validate(config), cache=tmp_path / "cache")
    expected = open_source(DataConfig(source="folder", path=root), cache=tmp_path)
    assert [(each.name, each.image_id) for each in found.records()] == [
        (each.name, each.image_id) for each in expected.records()
    ]


def test_a_copy_that_was_deleted_is_downloaded_again(kaggle: PlayedKaggle, tmp_path: Path) -> None:
    download(FIRST, tmp_path)
    shutil.rmtree(dataset_folder("owner/name", 1, cache=tmp_path / "cache"))
    assert download(FIRST, tmp_path) == ONE
    assert len(kaggle.downloads()) == 2
