"""Step: let a registered model answer on every image below a folder."""

from typing import Annotated

from zenml import step

from materializers.prediction_table import PredictionTableMaterializer
from medimage.inference.prediction_table import PredictionTable
from medimage.registry.version_reference import VersionReference
from medimage.work_share import WorkShare
from steps.answered_files import answer_share
from steps.code_files import cache_on_code


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
    everything = WorkShare(number=0, count=1)
    return answer_share(model, folder=folder, fingerprint=fingerprint, decoders=decoders, share=everything)
