"""The service and a model as a Bento: one folder that `bentoml serve` runs."""

import filecmp
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import medimage
from medimage.errors import PackagingError, StorageError
from medimage.export.exported_model import ExportedModel
from medimage.serving.bento_contents import LOCK, SOURCES
from medimage.serving.bento_requirements import bento_requirements
from medimage.serving.model_files import MODEL_FOLDER, write_model_files
from medimage.serving.notice import NOTICE

_SERVICE = "medimage.serving.service:MedimageService"

_BUILD_TIME_LIMIT_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class PackagedBento:
    """A Bento in a store on disk.

    Attributes:
        tag: `NAME:VERSION`, as `bentoml serve` takes it with `BENTOML_HOME` set to the store's home.
        path: The Bento's folder.
    """

    tag: str
    path: Path


def build_bento(*, exported: ExportedModel, card: Mapping[str, Any], name: str, bento_home: Path) -> PackagedBento:
    """Packages the service with one model as a Bento, without a network.

    The version is a hash of the content: the same model, card and sources give the Bento that is already there.

    Args:
        exported: The model to serve.
        card: Its model card as JSON-ready values, with text under `name` and `version`.
        name: Name of the Bento, in lower case.
        bento_home: BentoML's home; created when missing.

    Raises:
        ValueError: If the card lacks `name` or `version`, or is not JSON.
        PackagingError: If BentoML refuses to build.
        StorageError: If the home cannot be written to.
    """
    for key in ("name", "version"):
        if not isinstance(card.get(key), str) or not card[key]:
            raise ValueError(f"Expected text under {key!r} of the model card but got {card.get(key)!r}")
    home = bento_home.absolute()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="medimage-bento-") as folder:
            context = Path(folder)
            _write_context(context, exported=exported, card=card, name=name)
            bento_version = _content_hash(context)
            bento = PackagedBento(tag=f"{name}:{bento_version}", path=home / "bentos" / name / bento_version)
            if not _is_complete(bento.path, context):
                shutil.rmtree(bento.path, ignore_errors=True)
                _build(context, home=home, bento=bento, bento_version=bento_version)
    except OSError as error:
        raise StorageError(
            f"The Bento {name!r} cannot be written below {home}: {error.strerror or error}. Free some space or choose "
            "a folder that can be written to."
        ) from error
    return bento


def _write_context(context: Path, *, exported: ExportedModel, card: Mapping[str, Any], name: str) -> None:
    model = context / "medimage" / "serving" / MODEL_FOLDER
    model.mkdir(parents=True)
    for source in SOURCES:
        (context / source).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(medimage.__file__).parents[1] / source, context / source)
    write_model_files(model, onnx=exported.onnx, card=card)
    requirements = bento_requirements()
    if requirements.lock is not None:
        (context / LOCK).write_text(requirements.lock, encoding="utf-8")
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    options = {
        "service": _SERVICE,
        "name": name,
        "description": _description(card),
        "labels": {"model": card["name"], "model_version": card["version"], "sha256": exported.sha256[:16]},
        "include": ["medimage/**"],
        # Locking asks a package index, which closed networks do not have.
        "python": {"packages": _beside_bentoml(requirements.packages), "lock_packages": False},
        # The image of docker/serve.Dockerfile, in place of one that becomes another Debian in time.
        "docker": {"python_version": python, "base_image": f"docker.io/library/python:{python}-slim-bookworm"},
        "envs": [{"name": "BENTOML_DO_NOT_TRACK", "value": "True"}],
    }
    (context / "bentofile.yaml").write_text(yaml.safe_dump(options, sort_keys=True), encoding="utf-8")


def _beside_bentoml(packages: Sequence[str]) -> list[str]:
    # BentoML adds itself, in the version that builds the Bento.
    return [package for package in packages if not package.startswith("bentoml==")]


def _description(card: Mapping[str, Any]) -> str:
    return (
        f"# {card['name']} {card['version']}\n\n{card.get('description', '')}\n\n"
        "`POST /predict` with an image in the multipart field `image` answers with the probability of each class, the "
        "decision at the operating points, and what is unusual about the image. "
        "`GET /` is a page to try it, `GET /card` the model card, `GET /docs` the interface.\n\n"
        f"{NOTICE}\n"
    )


def _content_hash(context: Path) -> str:
    digest = hashlib.sha256()
    for file in _files(context):
        content = hashlib.sha256((context / file).read_bytes()).hexdigest()
        digest.update(f"{file.as_posix()}\0{content}\n".encode())
    return digest.hexdigest()[:16]


def _files(folder: Path) -> list[Path]:
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def _is_complete(path: Path, context: Path) -> bool:
    """Whether a Bento is there with all its content; a build that was killed may have left a part."""
    if not (path / "bento.yaml").is_file():
        return False
    expected, present = context / "medimage", path / "src" / "medimage"
    return all(
        (present / file).is_file() and filecmp.cmp(expected / file, present / file, shallow=False)
        for file in _files(expected)
    )


def _build(context: Path, *, home: Path, bento: PackagedBento, bento_version: str) -> None:
    # In a process of its own: BentoML reads its home once per process, and imports the service from the context,
    # where this process already has another `medimage`.
    environment = {
        **os.environ,
        "BENTOML_HOME": str(home),
        "BENTOML_DO_NOT_TRACK": "True",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-m", "bentoml", "build", "--version", bento_version, "--output", "tag", "."]
    try:
        result = subprocess.run(  # noqa: S603 - the command holds no input of a user
            command,
            cwd=context,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_BUILD_TIME_LIMIT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        shutil.rmtree(bento.path, ignore_errors=True)
        raise PackagingError(
            f"BentoML did not build {bento.tag} within {_BUILD_TIME_LIMIT_SECONDS} s. Is the disk very slow?"
        ) from error
    if result.returncode != 0 or not _is_complete(bento.path, context):
        shutil.rmtree(bento.path, ignore_errors=True)
        output = (result.stderr.strip() or result.stdout.strip() or "it gave no reason").splitlines()
        raise PackagingError(f"BentoML could not build {bento.tag} below {home}: {' '.join(output[-3:])}")
