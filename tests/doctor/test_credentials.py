from pathlib import Path

import pytest

from medimage.doctor.credentials import check_credentials
from medimage.doctor.finding import State
from medimage.evidence.keys import KEY_VARIABLE, fingerprint, make_key_pair, read_public_key


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY", KEY_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path / "kaggle"))


def test_credentials_that_no_run_needs_may_be_missing() -> None:
    assert [found.state for found in check_credentials()] == [State.FINE, State.FINE]


def test_where_credentials_are_is_told_and_not_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGGLE_API_TOKEN", "secret-token")
    kaggle, _ = check_credentials()
    assert kaggle.told == "credentials from the environment variable KAGGLE_API_TOKEN"


def test_credentials_that_cannot_be_used_are_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "kaggle").mkdir()
    (tmp_path / "kaggle" / "kaggle.json").write_text('{"username": "secret-name", "key": 3')
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "gone.pem"))
    kaggle, key = check_credentials()
    assert (kaggle.state, key.state) == (State.PROBLEM, State.PROBLEM)
    assert "kaggle.json" in kaggle.told
    assert "secret-name" not in kaggle.told
    assert "gone.pem" in key.told


@pytest.mark.parametrize("as_text", [True, False])
def test_a_key_is_told_by_its_fingerprint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, as_text: bool) -> None:
    file = tmp_path / "signing.pem"
    public = read_public_key(make_key_pair(file))
    monkeypatch.setenv(KEY_VARIABLE, file.read_text() if as_text else str(file))
    _, key = check_credentials()
    assert key.state is State.FINE
    assert fingerprint(public) in key.told
    assert file.read_text().splitlines()[1] not in key.told
