"""Step: decode and resize one share of the images."""

from typing import Annotated

from zenml import log_metadata, step

from materializers.pixel_store import PixelStoreMaterializer
from medimage.data.image_table import ImageTable
from medimage.data.pixel_store import PixelStore
from medimage.data.pixel_store_shares import images_of_share
from medimage.data.split import Split
from medimage.serving.color_mode import ColorMode
from medimage.work_share import WorkShare
from steps.code_files import cache_on_code


@step(output_materializers={"pixels": PixelStoreMaterializer}, cache_policy=cache_on_code(__name__))
def prepare_pixel_share(
    images: ImageTable, split: Split, size: int, color_mode: ColorMode, decoders: dict[str, str], share: WorkShare
) -> Annotated[PixelStore, "pixels"]:
    """Decodes one of several shares of the images of a split at the network's input size.

    Args:
        images: The encoded images, of which the files that hold the share are fetched.
        split: Which of them are used.
        size: Height and width to resize to, in pixels.
        color_mode: One channel or three.
        decoders: Versions of what decodes and resizes: another may give other pixels.
        share: Which share.
    """
    log_metadata({"decoders": decoders})
    chosen = images_of_share(images, split.image_ids, share)
    return PixelStore.build(images, image_ids=chosen, size=size, color_mode=color_mode)
