"""Step: the largest batch that fits into the memory of the machine that trains."""

from typing import Annotated

from zenml import log_metadata, step

from medimage.config.model import ModelConfig
from medimage.config.training import TrainingConfig
from medimage.data.pixel_store import PixelStore
from medimage.data.split import Split
from steps.code_files import cache_on_code


@step(cache_policy=cache_on_code(__name__))
def find_batch_size(
    pixels: PixelStore, split: Split, model: ModelConfig, training: TrainingConfig, machine: str
) -> Annotated[int, "batch_size"]:
    """Tries training steps in batches of several sizes.

    Args:
        pixels: Decoded images.
        split: Which of them are training images.
        model: Which network.
        training: The recipe.
        machine: Processor or GPU, and its memory: what fits there may not fit elsewhere.
    """
    # Imported here because PyTorch takes seconds to import, which a run of cached steps should not wait for.
    from medimage.models.build import specify_network  # noqa: PLC0415
    from medimage.training.finders import batch_size_finder  # noqa: PLC0415

    data = pixels.part(split, "train")
    statistics = pixels.normalization(data.image_ids)
    spec = specify_network(model, classes=data.classes, channels=pixels.channels, normalization=statistics)
    found = batch_size_finder.find_batch_size(spec, training=training, data=data)
    log_metadata({"batch_size": found, "machine": machine})
    return found
