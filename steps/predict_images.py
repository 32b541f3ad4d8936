"""Step: let a registered model answer on every image below a folder."""

import hashlib
from pathlib import Path
from typing import Annotated

from zenml import step

from materializers.prediction_table import PredictionTableMaterializer
from medimage.errors import DataError
from medimage.inference.answer_in_parts import answer_in_parts
from medimage.inference.files_fingerprint import files_fingerprint
from medimage.inference.image_file import images_below
from medimage.inference.prediction_table import PredictionTable
from medimage.registry.model_answers import open_classifier
from medimage.registry.registered_model import load_registered_model
from medimage.registry.version_reference import VersionReference
from medimage.workspace import workspace
from steps.code_files import cache_on_code, code_hash


@step(output_materializers={"predictions": PredictionTableMaterializer}, cache_policy=cache_on_code(__name__))
def predict_images(
    model: VersionReference, folder: str, fingerprint: str, decoders: dict[str, str]
) -> Annotated[PredictionTable, "predictions"]:
    """Answers on every image, and goes on where an earlier run of the same model and files was ended.

    Args:
        model: The version.
        folder: Absolute path of the folder.
        fingerprint: Hash of its files as they were when the run was started.
        decoders: Versions of the packages that decode images, which are a part of the cache key.
    """
    files = images_below(Path(folder))
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
    """Returns where the parts of a run lie until it is over; those of another model, file or version lie elsewhere."""
    identity = "\n".join([model.onnx_sha256, folder, fingerprint, *map(str, sorted(decoders.items()))])
    key = hashlib.sha256(f"{identity}\n{code_hash(__name__)}".encode("utf-8", errors="surrogateescape"))
    return workspace() / "inference" / key.hexdigest()[:32]
