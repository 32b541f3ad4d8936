"""Step: decode and resize every image once."""

from typing import Annotated

from zenml import log_metadata, step

from materializers.pixel_store import PixelStoreMaterializer
from medimage.data.image_table import ImageTable
from medimage.data.pixel_store import PixelStore
from medimage.data.split import Split
from medimage.serving.color_mode import ColorMode
from steps.code_files import cache_on_code


@step(output_materializers={"pixels": PixelStoreMaterializer}, cache_policy=cache_on_code(__name__))
def prepare_pixels(
    images: ImageTable, split: Split, size: int, color_mode: ColorMode, decoders: dict[str, str]
) -> Annotated[PixelStore, "pixels"]:
    """Decodes the images of a split at the network's input size.

    Args:
        images: The encoded images.
        split: Which of them are used.
        size: Height and width to resize to, in pixels.
        color_mode: One channel or three.
        decoders: Versions of what decodes and resizes: another may give other pixels.
    """
    log_metadata({"decoders": decoders})
    return PixelStore.build(images, image_ids=split.image_ids, size=size, color_mode=color_mode)
