"""From a folder of images to a table of answers."""

from typing import Any

from zenml import pipeline
from zenml.enums import ExecutionMode

from medimage.registry.version_reference import VersionReference
from medimage.work_share import WorkShare
from pipelines.bound_step import bind
from pipelines.branches import all_finished, await_turn, run_in_branch
from steps.join_predictions import join_predictions
from steps.predict_image_share import predict_image_share
from steps.predict_images import predict_images


@pipeline(name="inference", dynamic=True, execution_mode=ExecutionMode.CONTINUE_ON_FAILURE)
def inference_pipeline(model: VersionReference, folder: str, fingerprints: list[str], decoders: dict[str, str]) -> None:
    """Lets a registered model answer on every image below a folder, in one step or in shares that run side by side.

    Args:
        model: The version.
        folder: Absolute path of the folder.
        fingerprints: Hash of the files of each share, as they are; there is at least one share.
        decoders: Versions of the packages that decode images.
    """
    if len(fingerprints) == 1:
        bind(predict_images, model=model, folder=folder, fingerprint=fingerprints[0], decoders=decoders)()
        return
    shares = [WorkShare(number=number, count=len(fingerprints)) for number in range(len(fingerprints))]
    parts: list[Any] = []
    for share, fingerprint in zip(shares, fingerprints, strict=True):
        await_turn([(part,) for part in parts])
        step = bind(
            predict_image_share, model=model, folder=folder, fingerprint=fingerprint, decoders=decoders, share=share
        )
        parts.append(run_in_branch(step, branch=share.name))
    (parts,) = all_finished(parts)
    bind(join_predictions)(parts)
