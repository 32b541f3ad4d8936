"""One file of settings, with the place of each."""

from pathlib import Path
from typing import Any

from medimage.config.layers import Layer
from medimage.config.problems import shown
from medimage.config.suggestions import did_you_mean, nearest_paths
from medimage.config.yaml_text import read_yaml
from medimage.errors import ConfigurationError


def read_layer(path: Path, *, option: str, example: str, shipped: Path) -> Layer:
    """Reads the settings of one file.

    Args:
        path: The file.
        option: How it was named on the command line, such as `--config`.
        example: A setting that such a file has.
        shipped: Folder of the files that come with the project, to name the one that was meant.

    Raises:
        ConfigurationError: If there is none, or it is no YAML.
    """
    try:
        if path.is_dir():
            raise ConfigurationError(f"{option}: expected a YAML file but {path.absolute()} is a folder")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        meant = shipped / path.name
        hint = did_you_mean([str(meant)] if meant.is_file() else nearest_paths(path))
        raise ConfigurationError(f"{option}: there is no file {path.absolute()}{hint}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{option}: {path} is not UTF-8 text (byte {error.start}); save it with the encoding UTF-8"
        ) from error
    except OSError as error:
        raise ConfigurationError(f"{option}: cannot read {path.absolute()}: {error.strerror}") from error
    layer = read_yaml(text, origin=str(path))
    values: Any = layer.values
    if values is None:
        raise ConfigurationError(f"{option}: {path} is empty; it needs settings such as {example}")
    if not isinstance(values, dict):
        raise ConfigurationError(
            f"{option}: expected {path} to hold settings as `key: value` but its top level is {shown(values)}"
        )
    return layer
