"""The files of a model in a folder, and the manifest that tells whether they are the ones that were packaged."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from medimage.serving.refusal import ServiceNotStartedError

MODEL_FOLDER = "model"
"""Folder beside the service's sources, inside a Bento."""

MODEL_FILE = "model.onnx"
"""The exported graph."""

CARD_FILE = "card.json"
"""The model card; its keys `name` and `version` identify the model in every answer."""

MANIFEST_FILE = "manifest.json"
"""SHA-256 of each of these files, by name. It tells of damage and exchange, not of one who changes it as well: the
version of the Bento, which is a hash of all its files, and the signed evidence of the run are for that."""


@dataclass(frozen=True, kw_only=True)
class ModelFiles:
    """What the service needs of a model, as it was packaged.

    Attributes:
        onnx: The graph.
        card: The model card.
        sha256: SHA-256 of the graph.
    """

    onnx: bytes
    card: dict[str, Any]
    sha256: str

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Reads and verifies the files.

        Raises:
            ServiceNotStartedError: If a file is missing, or is not the one that was packaged.
        """
        try:
            expected = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
            contents = {name: (folder / name).read_bytes() for name in (MODEL_FILE, CARD_FILE)}
        except OSError as error:
            raise ServiceNotStartedError(
                f"Expected {MODEL_FILE}, {CARD_FILE} and {MANIFEST_FILE} in {folder}: {error.strerror}. Serve a "
                "packaged Bento with `bentoml serve NAME:VERSION`, or set MEDIMAGE_SERVE_MODEL_FOLDER to the folder "
                "that holds the model."
            ) from error
        except ValueError as error:
            raise ServiceNotStartedError(
                f"The manifest {folder / MANIFEST_FILE} is damaged: it is not JSON. Package the model again."
            ) from error
        digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
        changed = [name for name, digest in digests.items() if not _is_listed(expected, name, digest)]
        if changed:
            raise ServiceNotStartedError(
                f"{' and '.join(changed)} in {folder} changed since the model was packaged: the SHA-256 is not the one "
                "in the manifest. Nothing is served that was not judged: package the model again, or copy the Bento "
                "again from where it was made."
            )
        return cls(onnx=contents[MODEL_FILE], card=json.loads(contents[CARD_FILE]), sha256=digests[MODEL_FILE])


def write_model_files(folder: Path, *, onnx: bytes, card: Mapping[str, Any]) -> None:
    """Writes the files of a model and their manifest into a folder that is there.

    Raises:
        ValueError: If the card is not JSON.
        OSError: If the folder cannot be written to.
    """
    card_json = json.dumps(dict(card), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    contents = {MODEL_FILE: onnx, CARD_FILE: card_json.encode()}
    manifest = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    (folder / MANIFEST_FILE).write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _is_listed(manifest: Any, name: str, digest: str) -> bool:
    return isinstance(manifest, dict) and manifest.get(name) == digest
