"""What the steps of batch inference share: the answers on files of a folder, and where their parts lie meanwhile."""

import hashlib
from pathlib import Path

from medimage.errors import DataError
from medimage.inference.answer_in_parts import answer_in_parts
from medimage.inference.files_fingerprint import files_fingerprint
from medimage.inference.image_file import images_below
from medimage.inference.prediction_table import PredictionTable
from medimage.registry.model_answers import open_classifier
from medimage.registry.registered_model import load_registered_model
from medimage.registry.version_reference import VersionReference
from medimage.work_share import WorkShare
from medimage.workspace import workspace
from steps.code_files import code_hash


def answer_share(
    model: VersionReference, *, folder: str, fingerprint: str, decoders: dict[str, str], share: WorkShare
) -> PredictionTable:
    """Answers on a share of the images below a folder, and goes on where an earlier step of the same was ended.

    Args:
        model: The version.
        folder: Absolute path of the folder.
        fingerprint: Hash of the files of the share as they were when the run was started.
        decoders: Versions of the packages that decode images.
        share: Which of the files, in their order.

    Raises:
        DataError: If the files of the share are not as they were.
        RegistryError: If the model cannot be loaded.
    """
    files = share.of(images_below(Path(folder)))
    if files_fingerprint(files) != fingerprint:
        raise DataError(
            f"Expected the images below {folder} as they were when the run was started, but they have changed since. "
            "Run the same command again when they are complete."
        )
    loaded = load_registered_model(name=model.name, version=model.version)
    return answer_in_parts(
        open_classifier(loaded),
        files,
        folder=parts_folder(model, folder=folder, fingerprint=fingerprint, decoders=decoders),
    )


def parts_folder(model: VersionReference, *, folder: str, fingerprint: str, decoders: dict[str, str]) -> Path:
    """Returns where the parts of a step lie until its run is over.

    Those of another model, of other files or of another version lie elsewhere.

    Args:
        model: The version.
        folder: Absolute path of the folder.
        fingerprint: Hash of the files that the step answers on.
        decoders: Versions of the packages that decode images.
    """
    identity = "\n".join([model.onnx_sha256, folder, fingerprint, *map(str, sorted(decoders.items()))])
    key = hashlib.sha256(f"{identity}\n{code_hash(__name__)}".encode("utf-8", errors="surrogateescape"))
    return workspace() / "inference" / key.hexdigest()[:32]
