"""Step: read new labelled images into a table of their own."""

from typing import Annotated

from zenml import log_metadata, step

from materializers.image_table import ImageTableMaterializer
from medimage.config.data import DataConfig
from medimage.data.image_table import ImageTable
from medimage.retraining.new_data_source import open_new_data
from medimage.workspace import workspace
from steps.code_files import cache_on_code


@step(output_materializers={"new_images": ImageTableMaterializer}, cache_policy=cache_on_code(__name__))
def read_new_data(
    data: DataConfig, source_fingerprint: str, decoders: dict[str, str]
) -> Annotated[ImageTable, "new_images"]:
    """Reads the new images, which need not be of every class.

    Args:
        data: Where they lie.
        source_fingerprint: Changes when a file of them does.
        decoders: Versions of what reads headers.
    """
    log_metadata({"source": data.source, "source_fingerprint": source_fingerprint, "decoders": decoders})
    return ImageTable.from_source(open_new_data(data, cache=workspace() / "downloads"))
