from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def workspace_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace without schedules."""
    home = tmp_path / "home of schedules"
    monkeypatch.setenv("MEDIMAGE_HOME", str(home))
    return home
