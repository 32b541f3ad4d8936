"""From the data section of a configuration to its source."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from medimage.config.data import DataConfig
from medimage.data.image_record import ImageRecord
from medimage.data.sources.archive import extract_archive
from medimage.data.sources.folder import FolderSource
from medimage.data.sources.kaggle import download_kaggle_dataset
from medimage.data.sources.skipped import LeftOnPurpose
from medimage.data.sources.source import ImageSource
from medimage.data.sources.subfolder import subfolder_of
from medimage.data.sources.synthetic import SyntheticSource
from medimage.data.sources.table import TableSource
from medimage.progress import track


def open_source(config: DataConfig, *, cache: Path, has_every_class: bool = True) -> ImageSource:
    """Opens the source that `config` names; downloads it where it is a remote one.

    Args:
        config: The data section of the run's configuration.
        cache: Folder that keeps downloads between runs.
        has_every_class: Whether each class must have images here; not where they are added to others.

    Raises:
        ConfigurationError: If the configuration does not fit the data, such as an unknown class folder.
        DataError: If the data cannot be used, such as a class without images.
    """
    if config.source == "synthetic":
        source: ImageSource = SyntheticSource(config.synthetic)
    else:
        source = _laid_out(_root(config, cache=cache), config, has_every_class=has_every_class)
    return source if config.images_per_class is None else _Subset(source, config.images_per_class)


def _root(config: DataConfig, *, cache: Path) -> Path:
    """Returns the folder that holds the files, downloaded or extracted where need be."""
    if config.source == "kaggle":
        return download_kaggle_dataset(config.kaggle, cache=cache)
    path = Path(str(config.path))
    if config.source == "archive":
        root = extract_archive(path, cache=cache)
        return subfolder_of(root, config.archive.subfolder, key="data.archive.subfolder", holder=path.name)
    return path


def _laid_out(root: Path, config: DataConfig, *, has_every_class: bool) -> ImageSource:
    if config.layout_found == "table":
        return TableSource(root, config, has_every_class)
    if config.layout_found == "dicom":
        # Imported here because pydicom is slow to import and of no use to most data.
        from medimage.data.sources.dicom.source import DicomSource  # noqa: PLC0415

        return DicomSource(root, config, has_every_class)
    return FolderSource(root, config, has_every_class)


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
    def files_found(self) -> int:
        return self.source.files_found

    @property
    def notes(self) -> tuple[str, ...]:
        return self.source.notes

    @property
    def skipped_files(self) -> tuple[tuple[str, str], ...]:
        reason = f"{LeftOnPurpose.LIMIT} {self.images_per_class} images that data.images_per_class keeps of each class"
        return tuple(sorted((*self.source.skipped_files, *((name, reason) for name in self._choice[1]))))

    def __len__(self) -> int:
        return len(self._choice[0])

    @cached_property
    def _choice(self) -> tuple[frozenset[str], tuple[str, ...]]:
        """Names of the images kept, and of the others. They are remembered, because choosing reads every image."""
        identities: dict[str, list[tuple[str, str]]] = {}
        records = self.source.records()
        for record in track(records, description="Choosing images", total=len(self.source)):
            identities.setdefault(record.label, []).append((record.image_id, record.name))
        chosen: list[str] = []
        others: list[str] = []
        for found in identities.values():
            names = [name for _, name in sorted(found)]
            chosen += names[: self.images_per_class]
            others += names[self.images_per_class :]
        return frozenset(chosen), tuple(others)

    def records(self, names: Collection[str] | None = None) -> Iterator[ImageRecord]:
        yield from self.source.records(self._choice[0] if names is None else self._choice[0] & set(names))
