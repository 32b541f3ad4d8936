"""A folder of class folders, with or without train, val and test above them, with or without a manifest."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from medimage.config.class_names import canonical_name
from medimage.data.image_record import ImageRecord
from medimage.data.sources.class_folders import class_folders
from medimage.data.sources.file_reading import read_whole
from medimage.data.sources.file_source import FileSource, NamesAndReasons
from medimage.data.sources.files_below import Listing, list_images
from medimage.data.sources.manifest import MANIFEST_NAME, ManifestEntry, read_manifest
from medimage.data.sources.missing_groups import notes_on_groups
from medimage.data.sources.place import Place
from medimage.data.sources.place_of_data import place_of_data
from medimage.data.sources.skipped import NOT_UNPACKED, is_refused
from medimage.data.sources.split_names import given_split
from medimage.data.sources.suffixes import IMAGE_SUFFIXES, is_read_archive
from medimage.data.sources.wrapping_folder import refuse_wrapping_folder
from medimage.errors import ConfigurationError, DataError
from medimage.wording import counted, listed


@dataclass(frozen=True)
class _File:
    """An image file with what its place and the manifest say about it."""

    name: str
    found_label: str
    entry: ManifestEntry | None
    given_split: str


@dataclass(frozen=True)
class FolderSource(FileSource[_File]):
    """Image files below one folder.

    Attributes:
        root: The folder.
        config: The data section of the run's configuration.
    """

    @property
    def files_found(self) -> int:
        """How many files lie below the folder."""
        return self._listing.files_found

    @cached_property
    def _listing(self) -> Listing:
        manifest = self._manifest_path
        described = {}
        if manifest is not None and manifest.is_relative_to(self.root):
            described = {manifest.relative_to(self.root).as_posix(): "read as the manifest"}
        return list_images(self.root, described=described)

    @cached_property
    def _manifest_path(self) -> Path | None:
        if self.config.manifest == "none":
            return None
        if self.config.manifest == "auto":
            path = self.root / MANIFEST_NAME
            # A folder of that name is no class: reading it tells what it is.
            return path if path.is_file() or path.is_dir() else None
        return Path(self.config.manifest)

    @cached_property
    def _manifest(self) -> dict[str, ManifestEntry]:
        metadata = self.config.metadata_columns
        if self._manifest_path is None:
            if metadata:
                raise ConfigurationError(
                    f"data.metadata names columns of {MANIFEST_NAME}, but there is none in {self.root.absolute()}: add "
                    f"one with the columns file and {listed([column.column for column in metadata.values()])}, name "
                    "another CSV with data.manifest, or leave the metadata out."
                )
            return {}
        return read_manifest(self._manifest_path, root=self.root, files=self._listing.names(), metadata=metadata)

    def _find_files(self) -> tuple[tuple[_File, ...], NamesAndReasons]:
        if not self._listing.images:
            raise DataError(
                f"Expected images in class folders below {place_of_data(self.root, self.config)} but found none. "
                f"Images are files ending in {', '.join(sorted(IMAGE_SUFFIXES))}."
                f"{self._why_none()}{self._another_source('.dcm', 'dicom')}{self._archives_inside()}"
            )
        files = tuple(self._locate(name) for name in self._listing.images)
        refuse_wrapping_folder(
            self.root, self.config, images=self._listing.images, found={file.found_label for file in files}
        )
        return files, self._listing.skipped

    def _locate(self, name: str) -> _File:
        place = Place.of(name, with_classes=True)
        split = place.split
        entry = self._manifest.get(name)
        if entry is not None and entry.split:
            split = given_split(entry.split, where=f"The manifest {self._manifest_path} gives {name!r}")
        label = entry.label if entry is not None and entry.label else place.label
        if not label:
            raise DataError(
                f"Expected every image below {place_of_data(self.root, self.config)} in a class folder or with a label "
                f"in {MANIFEST_NAME}, but {name!r} has neither.{self._another_source('.csv', 'table')}"
            )
        return _File(name, label, entry, split)

    def _why_none(self) -> str:
        """Returns what is wrong with files that would be images, or nothing where there are none."""
        refused = [(name, reason) for name, reason in self._listing.skipped if is_refused(reason)]
        if not refused:
            return ""
        name, reason = refused[0]
        return f" {counted(len(refused), 'file')} cannot be read, such as {name!r} ({reason})."

    def _archives_inside(self) -> str:
        """Returns what to do with archives where images were expected, or nothing where there are none."""
        archives = [name for name, reason in self._listing.skipped if reason.startswith(NOT_UNPACKED)]
        if not archives:
            return ""
        if len(archives) > 1:
            found, them = f"There are {len(archives)} archives, such as {archives[0]!r}, which are", "them"
        else:
            found, them = f"There is the archive {archives[0]!r}, which is", "it"
        alone = len(archives) == 1 and is_read_archive(archives[0]) and self.config.source == "folder"
        or_read = ", or set data.source: archive and data.path to it" if alone else ""
        return f" {found} not unpacked: unpack {them} by hand and use --data.source folder{or_read}."

    def _another_source(self, suffix: str, layout: str) -> str:
        """Returns the hint that files of a kind have a source of their own, or nothing where there are none."""
        if not any(name.lower().endswith(suffix) for name, _ in self._listing.skipped):
            return ""
        key = "data.layout" if self.config.source in ("archive", "kaggle") else "data.source"
        return f" There are {suffix} files: {key} {layout} reads them."

    def _names_found(self) -> Iterable[str]:
        found = super()._names_found()
        labelled = bool(self._manifest) and all(entry.label for entry in self._manifest.values())
        return found if self.config.classes != "auto" or labelled else {*found, *class_folders(self.root)}

    def _told_of_missing(self, classes: Sequence[str]) -> str:
        told = [self._why_without_images(name) for name in classes]
        return f"{''.join(told)}{self._archives_inside()}"

    def _why_without_images(self, label: str) -> str:
        """Returns what lies in the folder of a class that has no images."""
        skipped = [
            (name, reason) for name, reason in self._listing.skipped if Place.of(name, with_classes=True).label == label
        ]
        if not skipped:
            return f" The folder {label!r} is empty." if label in class_folders(self.root) else ""
        name, reason = skipped[0]
        many = counted(len(skipped), "file")
        return f" In the folder {label!r}, {many} cannot be read as images, such as {name!r} ({reason})."

    def _divide(self) -> tuple[Sequence[tuple[_File, str]], NamesAndReasons]:
        kept, left_out = super()._divide()
        self._refuse_contradictions(kept)
        return kept, left_out

    def _refuse_contradictions(self, kept: Sequence[tuple[_File, str]]) -> None:
        """A manifest that calls an image otherwise than its class folder does is not believed silently."""
        known = {canonical_name(name) for name in self._labels.classes}
        for file, label in kept:
            if file.entry is None or not file.entry.label:
                continue
            folders = [part for part in file.name.split("/")[:-1] if canonical_name(part) in known]
            if folders and self._labels.resolve(folders[-1], where=file.name) != label:
                raise DataError(
                    f"{file.name!r} lies in the class folder {folders[-1]!r} but the manifest {self._manifest_path} "
                    f"calls it {file.entry.label!r}. Correct one of them, or set data.manifest: none to believe the "
                    "folders."
                )

    def _written_metadata(self, file: _File) -> Sequence[str]:
        nothing = ("",) * len(self.config.metadata_columns)
        return file.entry.metadata if file.entry is not None else nothing

    def _where_metadata_stand(self) -> str:
        return MANIFEST_NAME if self._manifest_path is None else self._manifest_path.name

    def _notes_on(self, files: Sequence[tuple[_File, str]]) -> Iterable[str]:
        groups = [file.entry.patient_id if file.entry else "" for file, _ in files]
        # Where nobody has a patient, nobody meant to say so.
        return notes_on_groups(groups if any(groups) else [], where=f"'patient_id' in {MANIFEST_NAME}")

    def _read(self, files: Iterable[tuple[_File, str]]) -> Iterator[ImageRecord]:
        for file, label in files:
            yield ImageRecord(
                name=file.name,
                encoded=read_whole(self.root / file.name),
                label=label,
                group=file.entry.patient_id if file.entry else "",
                origin=file.entry.source if file.entry else "",
                given_split=file.given_split,
                metadata=self._metadata.by_image[file.name],
            )
