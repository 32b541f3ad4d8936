"""From a folder of images to a table of answers."""

from zenml import pipeline

from medimage.registry.version_reference import VersionReference
from pipelines.bound_step import bind
from steps.predict_images import predict_images


@pipeline(name="inference", dynamic=True)
def inference_pipeline(model: VersionReference, folder: str, fingerprint: str, decoders: dict[str, str]) -> None:
    """Lets a registered model answer on every image below a folder.

    Args:
        model: The version.
        folder: Absolute path of the folder.
        fingerprint: Hash of its files, as they are.
        decoders: Versions of the packages that decode images.
    """
    bind(predict_images, model=model, folder=folder, fingerprint=fingerprint, decoders=decoders)()
