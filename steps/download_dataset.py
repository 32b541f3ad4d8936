"""Step: read every image of the source into one table."""

from typing import Annotated

from zenml import log_metadata, step

from materializers.image_table import ImageTableMaterializer
from medimage.config.data import DataConfig
from medimage.data.image_table import ImageTable
from medimage.data.sources.open_source import open_source
from medimage.workspace import workspace
from steps.code_files import cache_on_code


@step(output_materializers={"images": ImageTableMaterializer}, cache_policy=cache_on_code(__name__))
def download_dataset(
    data: DataConfig, source_fingerprint: str, decoders: dict[str, str]
) -> Annotated[ImageTable, "images"]:
    """Reads the source and stores each distinct image once.

    Args:
        data: Where the images come from.
        source_fingerprint: Changes when a file of the source does, so that new images are not overlooked.
        decoders: Versions of what reads headers: another may read those that this one cannot.
    """
    log_metadata({"source": data.source, "source_fingerprint": source_fingerprint, "decoders": decoders})
    return ImageTable.from_source(open_source(data, cache=workspace() / "downloads"))
