"""From the data section of a configuration to its source."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from medimage.config.data import DataConfig
from medimage.data.image_record import ImageRecord
from medimage.data.sources.folder import FolderSource
from medimage.data.sources.kaggle import download_kaggle_dataset
from medimage.data.sources.source import ImageSource
from medimage.data.sources.synthetic import SyntheticSource


def open_source(config: DataConfig, *, cache: Path) -> ImageSource:
    """Opens the source that `config` names; downloads it where it is a remote one.

    Args:
        config: The data section of the run's configuration.
        cache: Folder that keeps downloads between runs.

    Raises:
        ConfigurationError: If the configuration does not fit the data, such as an unknown class folder.
        DataError: If the data cannot be used, such as a class without images.
    """
    if config.source == "synthetic":
        source: ImageSource = SyntheticSource(config.synthetic)
    elif config.source == "kaggle":
        source = FolderSource(download_kaggle_dataset(config.kaggle, cache=cache), config)
    else:
        source = FolderSource(Path(str(config.path)), config)
    return source if config.images_per_class is None else _Subset(source, config.images_per_class)


@dataclass(frozen=True)
class _Subset:
    """At most `images_per_class` images of each class: those with the smallest content hash.

    The choice does not depend on names or order, and a larger subset contains the smaller one.
    """

    source: ImageSource
    images_per_class: int

    @property
    def classes(self) -> tuple[str, ...]:
        return self.source.classes

    @property
    def skipped_files(self) -> tuple[tuple[str, str], ...]:
        return self.source.skipped_files

    def __len__(self) -> int:
        return len(self.source)

    def records(self) -> Iterator[ImageRecord]:
        identities: dict[str, list[tuple[str, str]]] = {}
        for record in self.source.records():
            identities.setdefault(record.label, []).append((record.image_id, record.name))
        kept = {name for found in identities.values() for _, name in sorted(found)[: self.images_per_class]}
        yield from (record for record in self.source.records() if record.name in kept)
