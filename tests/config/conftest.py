from pathlib import Path

import pytest


@pytest.fixture
def base(tmp_path: Path) -> Path:
    path = tmp_path / "base.yaml"
    path.write_text("problem: phantoms\ndata:\n  source: synthetic\n")
    return path
