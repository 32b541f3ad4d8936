"""Reading configurations as the command line does."""

from pathlib import Path

import pytest

from medimage.config.loading import RunArguments, parse_run_arguments
from medimage.errors import ConfigurationError


def parse(*arguments: str | Path) -> RunArguments:
    return parse_run_arguments([str(a) for a in arguments], program="python -m pipelines.x", description="Trains.")


def problems(*arguments: str | Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        parse(*arguments)
    assert caught.value.exit_code == 2
    return str(caught.value)


def write(folder: Path, text: str, name: str = "more.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path
