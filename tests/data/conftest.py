from pathlib import Path

import pytest


@pytest.fixture
def own_salt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives a test a workspace, and with it a salt for pseudonyms, of its own."""
    monkeypatch.setenv("MEDIMAGE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MEDIMAGE_SALT", raising=False)
