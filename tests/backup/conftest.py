from pathlib import Path

import pytest


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("MEDIMAGE_HOME", str(folder))
    return folder
