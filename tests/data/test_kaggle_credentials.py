import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from medimage.data.sources.kaggle.credentials import (
    KaggleCredentials,
    find_kaggle_credentials,
    require_kaggle_credentials,
)
from medimage.errors import ConfigurationError
from tests.support.kaggle_server import KEY, REFRESH_TOKEN, SECRETS, TOKEN, USERNAME, assert_silent, without_credentials
from tests.support.privileges import without_privileges


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    without_credentials(tmp_path, monkeypatch)
    (tmp_path / ".kaggle").mkdir()
    return tmp_path


def write(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(0o600)
    return path


def key_file(folder: Path, key: str = KEY) -> Path:
    return write(folder / "kaggle.json", json.dumps({"username": USERNAME, "key": key}))


def login(folder: Path, *, ends_in: timedelta) -> Path:
    ends = (datetime.now(UTC) + ends_in).isoformat()
    values = {"refresh_token": REFRESH_TOKEN, "access_token": TOKEN, "access_token_expiration": ends}
    return write(folder / "credentials.json", json.dumps(values))


def found() -> KaggleCredentials:
    credentials = find_kaggle_credentials()
    assert credentials is not None
    return credentials


def test_every_place_is_found_and_the_first_one_in_order_counts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = home / ".kaggle"
    seen: list[tuple[str, str]] = []
    steps: list[Callable[[], object]] = [
        lambda: login(folder, ends_in=timedelta(hours=1)),
        lambda: key_file(home / ".config" / "kaggle"),
        lambda: key_file(folder),
        lambda: write(folder / "access_token", f"{TOKEN}\n"),
        lambda: [monkeypatch.setenv("KAGGLE_USERNAME", USERNAME), monkeypatch.setenv("KAGGLE_KEY", KEY)],
        lambda: monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN),
    ]
    assert find_kaggle_credentials() is None
    for step in steps:
        step()
        seen.append((found().origin, found().kind))
        assert found() == require_kaggle_credentials()
    assert seen == [
        (f"the login in {folder / 'credentials.json'}", "token"),
        (f"the file {home / '.config' / 'kaggle' / 'kaggle.json'}", "key"),
        (f"the file {folder / 'kaggle.json'}", "key"),
        (f"the file {folder / 'access_token'}", "token"),
        ("the environment variables KAGGLE_USERNAME and KAGGLE_KEY", "key"),
        ("the environment variable KAGGLE_API_TOKEN", "token"),
    ]


def test_another_configuration_folder_is_looked_into_instead(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key_file(home / ".kaggle")
    other = key_file(home / "other")
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(other.parent))
    assert found().origin == f"the file {other}"


def test_a_token_variable_may_name_a_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGGLE_API_TOKEN", str(write(home / "my_token", f" {TOKEN}\n")))
    assert (found().secret, found().origin) == (TOKEN, "the file that the environment variable KAGGLE_API_TOKEN names")


def test_the_login_of_a_user_whose_token_has_ended_is_exchanged(home: Path) -> None:
    login(home / ".kaggle", ends_in=timedelta(minutes=1))
    assert (found().kind, found().secret) == ("login", REFRESH_TOKEN)


def test_headers_are_those_of_kaggles_own_client() -> None:
    from kagglesdk.datasets.types.dataset_api_service import ApiGetDatasetRequest
    from kagglesdk.kaggle_http_client import KaggleHttpClient

    key = KaggleCredentials(origin="here", kind="key", username=USERNAME, secret=KEY)
    token = KaggleCredentials(origin="here", kind="token", secret=TOKEN)
    for ours, theirs in (
        (key, KaggleHttpClient(username=USERNAME, password=KEY)),
        (token, KaggleHttpClient(api_token=TOKEN)),
    ):
        theirs._init_session()
        prepared = theirs._prepare_request("datasets.DatasetApiService", "GetDataset", ApiGetDatasetRequest())
        assert ours.authorization() == prepared.headers["Authorization"]


@pytest.mark.usefixtures("home")
def test_without_any_the_ways_to_give_them_and_the_quickstart_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGGLE_USERNAME", USERNAME)
    with pytest.raises(ConfigurationError) as caught:
        require_kaggle_credentials()
    ways = (
        "KAGGLE_API_TOKEN",
        "KAGGLE_KEY",
        "kaggle.json",
        "access_token",
        "auth login",
        "source folder",
        "quickstart",
    )
    assert all(way in str(caught.value) for way in ways)
    assert "KAGGLE_USERNAME is set, but KAGGLE_KEY is not" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("kaggle.json", f'{{"username": "someone", "key": "{KEY}"', "JSON object"),
        ("kaggle.json", f'["{KEY}"]', "JSON object"),
        ("kaggle.json", f'{{"username": "someone", "token": "{KEY}"}}', "'username' and 'key'"),
        ("kaggle.json", f'{{"username": "someone", "key": ["{KEY}"]}}', "'username' and 'key'"),
        ("kaggle.json", f'{{"username": "some one", "key": "{KEY}"}}', "hold a space"),
        ("access_token", f"{TOKEN}\n{TOKEN}", "hold a space, a line break"),
        ("access_token", f"{TOKEN}é", "not ASCII"),
        ("credentials.json", f'{{"refresh_token": "{REFRESH_TOKEN}"', "JSON object"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_named_and_its_content_is_not(
    home: Path, name: str, content: str, message: str
) -> None:
    path = write(home / ".kaggle" / name, content)
    with pytest.raises(ConfigurationError, match=message) as caught:
        find_kaggle_credentials()
    assert str(path) in str(caught.value)
    assert_silent(caught.value)


def test_a_file_that_is_no_text_is_named_and_its_content_is_not(home: Path) -> None:
    (home / ".kaggle" / "kaggle.json").write_bytes(KEY.encode() + b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="no text") as caught:
        find_kaggle_credentials()
    assert_silent(caught.value)


def test_a_file_that_may_not_be_read_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key_file(home / ".kaggle").chmod(0)
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", ".kaggle")
    with without_privileges(home, monkeypatch), pytest.raises(ConfigurationError, match="Permission denied"):
        find_kaggle_credentials()


def test_empty_files_are_no_credentials(home: Path) -> None:
    write(home / ".kaggle" / "access_token", "\n")
    write(home / ".kaggle" / "credentials.json", "{}")
    assert find_kaggle_credentials() is None


def test_a_file_that_others_can_read_is_told(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = key_file(home / ".kaggle")
    found()
    assert not caplog.text
    path.chmod(0o644)
    with caplog.at_level(logging.WARNING):
        found()
    assert f"chmod 600 {path}" in caplog.text
    assert all(secret not in caplog.text for secret in SECRETS)


def test_credentials_do_not_show_themselves() -> None:
    shown = f"{KaggleCredentials(origin='here', kind='key', username=USERNAME, secret=KEY)!r}"
    assert "here" in shown
    assert KEY not in shown
    assert USERNAME not in shown
