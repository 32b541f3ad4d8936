"""Who may download; where credentials are found is in `test_kaggle_credentials`."""

import json
import logging
import re
from datetime import timedelta
from pathlib import Path

import pytest

from medimage.config.sources import KaggleConfig
from medimage.data.sources.kaggle import require_kaggle_access
from medimage.errors import ConfigurationError
from tests.support.kaggle_downloads import FIRST, NEWEST, ONE, TWO, download, refused
from tests.support.kaggle_server import KEY, REFRESH_TOKEN, SECRETS, TOKEN, USERNAME, Answer, PlayedKaggle


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


def test_a_token_and_a_login_open_a_dataset_as_a_key_does(
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
