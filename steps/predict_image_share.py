"""Step: let a registered model answer on a share of the images below a folder."""

from typing import Annotated

from zenml import step

from materializers.prediction_table import PredictionTableMaterializer
from medimage.inference.prediction_table import PredictionTable
from medimage.registry.version_reference import VersionReference
from medimage.work_share import WorkShare
from steps.answered_files import answer_share
from steps.code_files import cache_on_code


@step(output_materializers={"predictions": PredictionTableMaterializer}, cache_policy=cache_on_code(__name__))
def predict_image_share(
    model: VersionReference, folder: str, fingerprint: str, decoders: dict[str, str], share: WorkShare
) -> Annotated[PredictionTable, "predictions"]:
    """Answers on one of several shares of the images.

    Args:
        model: The version.
        folder: Absolute path of the folder.
        fingerprint: Hash of the files of the share as they were when the run was started.
        decoders: Versions of the packages that decode images, which are a part of the cache key.
        share: Which of the files, in their order.
    """
    return answer_share(model, folder=folder, fingerprint=fingerprint, decoders=decoders, share=share)
