"""Whether the files and folders that a run is to read and write can be read and written."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from medimage.config.layers import Layer
from medimage.config.suggestions import did_you_mean, nearest_paths
from medimage.errors import ConfigurationError

_LOCAL_SOURCES = ("folder", "table", "archive", "dicom")
_DICOM_TABLE = ("data", "dicom", "table")


def input_problems(layer: Layer) -> Iterator[str]:
    """Yields a sentence for each input file or folder of a configuration that is not there.

    Relative paths count from the current folder. Values that are no text are left to the schema.

    Args:
        layer: The merged settings, validated or not.
    """
    data, model = _section(layer.values, "data"), _section(layer.values, "model")
    source, path = data.get("source"), data.get("path")
    if source in _LOCAL_SOURCES:
        yield from _problem(layer, ("data", "path"), path, folder=source != "archive")
    if source in ("folder", "archive", "kaggle") and data.get("manifest") not in ("auto", "none"):
        yield from _problem(layer, ("data", "manifest"), data.get("manifest"), folder=False)
    table = {"table": ("table", "file"), "dicom": ("dicom", "table")}.get(str(source))
    if table is not None and isinstance(path, str) and _is_dir(Path(path)):
        file = _section(data, table[0]).get(table[1])
        beside = str(Path(path, file)) if isinstance(file, str) and file.strip() else file
        yield from _problem(layer, ("data", *table), beside, folder=False)
    yield from _problem(layer, ("model", "weights"), model.get("weights"), folder=False)
    signing_key = _section(layer.values, "evidence").get("signing_key")
    yield from _problem(layer, ("evidence", "signing_key"), signing_key, folder=False)


def named_path(value: str) -> Path:
    """Reads a path from the command line.

    Raises:
        ConfigurationError: If it is empty, as an unset variable of a shell is: the current folder is not what is meant.
    """
    if not value.strip():
        raise ConfigurationError("expected the name of a file or folder but got an empty one")
    return Path(value)


def output_problem(path: Path, *, option: str) -> str | None:
    """Says why a file cannot be written, or returns None where it can. Leaves nothing behind."""
    target = path.absolute()
    if _is_dir(target):
        return f"{option}: expected a file to write but {target} is a folder"
    if not _is_dir(target.parent):
        return f"{option}: cannot write {target}, because there is no folder {target.parent}; make it first"
    try:
        if target.exists() and not target.is_file():
            # It would be replaced: whoever runs as root in a container would lose /dev/null.
            return f"{option}: expected a file to write but {target} is a device, a pipe or a socket"
        # Trying is the only sure test: permissions alone do not show a read-only file system.
        with tempfile.TemporaryFile(dir=target.parent):
            pass
        if target.exists() and not os.access(target, os.W_OK):
            return f"{option}: {target} is there already and may not be changed"
    except OSError as error:
        return f"{option}: cannot write in {target.parent}: {error.strerror}"
    return None


def _problem(layer: Layer, key: tuple[str, ...], value: Any, *, folder: bool) -> Iterator[str]:
    if not isinstance(value, str):
        return
    name, kind = ".".join(key), "folder" if folder else "file"
    origin = layer.origin_of(key)
    where = f" ({origin})" if origin else ""
    if not value.strip():
        yield f"{name}: expected a {kind} but got an empty name{where}"
        return
    path = Path(value)
    tried = path.absolute()
    if _is_dir(path) is folder and (folder or _is_file(path)):
        if not os.access(path, os.R_OK):
            yield f"{name}: no permission to read {tried}{where}"
    elif _is_dir(path) or _is_file(path):
        yield f"{name}: expected a {kind} but {tried} is a {'file' if folder else 'folder'}{where}"
    else:
        # Among DICOM files, folders and images are called by patients, and a message stays in logs.
        near = [near for near in nearest_paths(path) if key != _DICOM_TABLE or near.lower().endswith(".csv")]
        yield f"{name}: there is no {kind} {tried}{did_you_mean(near)}{where}"


def _section(values: Any, name: str) -> dict[str, Any]:
    section = values.get(name) if isinstance(values, dict) else None
    return section if isinstance(section, dict) else {}


def _is_dir(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name too long for the file system names nothing
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False
