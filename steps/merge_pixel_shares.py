"""Step: one pixel store of the shares that several steps have built."""

from typing import Annotated

from zenml import step

from materializers.pixel_store import PixelStoreMaterializer
from medimage.data.pixel_store import PixelStore
from medimage.data.pixel_store_shares import merge_pixel_stores
from medimage.data.split import Split
from steps.code_files import cache_on_code


@step(output_materializers={"pixels": PixelStoreMaterializer}, cache_policy=cache_on_code(__name__))
def merge_pixel_shares(parts: list[PixelStore], split: Split) -> Annotated[PixelStore, "pixels"]:
    """Merges pixel stores into the one that `prepare_pixels` would have made.

    Args:
        parts: The store of each share.
        split: Which images the whole has, and in which order.
    """
    return merge_pixel_stores(parts, image_ids=split.image_ids)
