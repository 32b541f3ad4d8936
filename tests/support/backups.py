"""Small workspaces and backups of them, also such as nobody should restore."""

import hashlib
import io
import json
import sqlite3
import tarfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from medimage.backup.manifest import FILES_FOLDER, FORMAT, MANIFEST_NAME, Manifest
from medimage.backup.write_backup import write_backup

KNOWN = {"zenml.db": {"0.97.0", "0.98.0"}, "mlflow.db": {"abc"}}
"""Revisions of tables that the tests take the installed packages to know."""


def make_database(path: Path, *, revision: str = "0.98.0", rows: int = 3) -> Path:
    """Makes a database with a table of rows, and the revision of its tables."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES (?)", (revision,))
        connection.execute("CREATE TABLE run (name TEXT)")
        connection.executemany("INSERT INTO run VALUES (?)", [(f"run {number}",) for number in range(rows)])
    return path


def rows_of(path: Path) -> int:
    """Returns how many rows a database has that `make_database` made."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT count(*) FROM run").fetchone()[0]


def make_workspace(home: Path, *, revision: str = "0.98.0") -> Path:
    """Makes a workspace with both databases, artifacts, a locked test set, and what can be made again."""
    make_database(stores(home) / "default_zen_store" / "zenml.db", revision=revision)
    make_database(home / "mlflow" / "mlflow.db", revision="abc", rows=5)
    for name, content in {
        "mlflow/artifacts/1/model.onnx": b"graph",
        "runs/train-1/report.html": b"<p>report",
        "zenml/config.yaml": b"store: {}",
        "zenml/zen_server/daemon/service.pid": b"1",
        "zenml/local_stores/one/prepare_pixels/pixels/1/pixels.npy": b"pixels",
        "zenml/local_stores/one/custom_artifacts/locked_test_set/1/locked_test_set.json": b"{}",
        "downloads/owner__set/version-1/image.png": b"image",
        "schedules/change.lock": b"",
        "bentoml/bentos/one/1/src/medimage/serving/requirements.lock": b"numpy==2",
    }.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(content)
    (home / "pseudonym_salt").write_bytes(b"salt")
    (home / "pseudonym_salt").chmod(0o600)
    return home


def stores(home: Path) -> Path:
    """Returns the folder of ZenML's local stores."""
    return home / "zenml" / "local_stores"


def back_up(home: Path, file: Path, *, artifacts: bool = False) -> Manifest:
    """Backs a workspace up."""
    return write_backup(file, home=home, stores=stores(home), artifacts=artifacts, packages={"zenml": "0.98.0"})


def forge(
    file: Path,
    members: Sequence[tuple[tarfile.TarInfo, bytes]],
    *,
    workspace: Path,
    manifest: Mapping[str, Any] | None = None,
    named: Sequence[str] | None = None,
) -> Path:
    """Writes a backup with any members, whose hashes are right.

    Args:
        file: Where to.
        members: What is in it beside the manifest.
        workspace: Where the manifest says that the workspace was.
        manifest: What the manifest says otherwise.
        named: What the manifest calls the members; their own names without the folder when not given.
    """
    called = named or [member.name.removeprefix(f"{FILES_FOLDER}/") for member, _ in members]
    values = {
        "format": FORMAT,
        "workspace": str(workspace),
        "made": "2026-01-01T00:00:00+00:00",
        "version": "0.1.0",
        "packages": {},
        "artifacts": False,
        "left_out": [],
        "files": {
            name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, (_, content) in zip(called, members, strict=True)
        },
        **(manifest or {}),
    }
    text = json.dumps(values).encode()
    last = tarfile.TarInfo(MANIFEST_NAME)
    last.size = len(text)
    with tarfile.open(file, "w") as archive:
        for member, content in members:
            member.size = len(content) if member.isreg() else 0
            archive.addfile(member, io.BytesIO(content))
        archive.addfile(last, io.BytesIO(text))
    return file


def member(name: str, **attributes: Any) -> tarfile.TarInfo:
    """Returns the head of a member of an archive."""
    made = tarfile.TarInfo(name)
    for attribute, value in attributes.items():
        setattr(made, attribute, value)
    return made
