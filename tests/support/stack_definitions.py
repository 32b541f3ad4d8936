"""Stack definitions that ship, with other values."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from medimage.config.stack.loading import load_stack
from medimage.errors import ConfigurationError
from tests.conftest import PROJECT

STACKS = PROJECT / "configs/stacks"


def changed_definition(tmp_path: Path, name: str, changes: Mapping[str, Any]) -> Path:
    """Writes a shipped definition with other values by dotted key; a value of ... takes a key away."""
    values = yaml.safe_load((STACKS / f"{name}.yaml").read_text())
    for key, value in changes.items():
        section = values
        *above, last = key.split(".")
        for part in above:
            section = section.setdefault(part, {})
        if value is ...:
            del section[last]
        else:
            section[last] = value
    path = tmp_path / "stack.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def refusal(path: Path) -> str:
    """Returns what a definition is refused with."""
    with pytest.raises(ConfigurationError) as caught:
        load_stack(path)
    return str(caught.value)
