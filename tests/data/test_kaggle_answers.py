"""What the server answers beside a dataset."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

import pytest

from medimage.config.sources import KaggleConfig
from medimage.errors import DataError
from tests.support.kaggle_downloads import FIRST, NEWEST, ONE, download, refused
from tests.support.kaggle_server import Answer, PlayedKaggle


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
    assert download(FIRST, tmp_path) == ONE
    assert datetime.now(UTC) >= parsedate_to_datetime(date)


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
