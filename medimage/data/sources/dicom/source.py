"""A tree of DICOM files, of which nothing is stored that tells whose they are."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from medimage.config.data import DataConfig
from medimage.data.image_record import ImageRecord
from medimage.data.sources.dicom.entries import DicomEntry
from medimage.data.sources.dicom.labels import LabelRow, read_label_table
from medimage.data.sources.dicom.listing import Listing, list_dicom
from medimage.data.sources.dicom.notes import notes_on
from medimage.data.sources.dicom.opened import OpenedFile
from medimage.data.sources.dicom.place import Place
from medimage.data.sources.files_below import comparable_name
from medimage.data.sources.labels import LabelMap
from medimage.data.sources.skipped import LeftOnPurpose, cannot_be_used
from medimage.errors import DataError


@dataclass(frozen=True)
class _Image:
    """One frame with what its place and the label table say about it."""

    name: str
    entry: DicomEntry
    frame: int
    found_label: str
    given_split: str


@dataclass(frozen=True)
class DicomSource:
    """DICOM files below one folder.

    A record holds a DICOM file of one frame and nothing but what decoding needs (`minimal_dicom`). Its group is a
    salted hash of the patient's identifier, or of the study where there is none; see `Groups`. Its name is the path
    below the folder, with a salted hash for each folder or file that is called by a patient; see `PublicNames`. Folders
    of classes and splits keep their names.

    Attributes:
        root: The folder.
        config: The data section of the run's configuration.
    """

    root: Path
    config: DataConfig

    @cached_property
    def _listing(self) -> Listing:
        return list_dicom(self.root, self.config.dicom)

    @cached_property
    def _rows(self) -> dict[str, LabelRow]:
        table = self.config.dicom.table
        return {} if table is None else read_label_table(self.root / table, self.config.dicom)

    @cached_property
    def _located(self) -> tuple[tuple[_Image, ...], tuple[tuple[str, str], ...]]:
        """Every frame with the label that was found for it, and those without one or that cannot be shown."""
        located: list[_Image] = []
        skipped: list[tuple[str, str]] = []
        for entry in self._listing.entries:
            label, split, reason = self._label(entry)
            file = self._listing.names[entry.path]
            for frame in range(entry.frames):
                name = file if entry.frames == 1 else f"{file}#frame-{frame + 1}"
                why = reason or entry.refused_frames.get(frame, "")
                if why:
                    skipped.append((name, why))
                else:
                    located.append(_Image(name, entry, frame, label, split))
        if not located:
            reasons = sorted({reason for _, reason in (*self._listing.skipped, *skipped)})
            raise DataError(
                f"Expected DICOM images with labels below {self.root.absolute()} but found none. "
                f"{len(self._listing.skipped) + len(skipped)} files are skipped: {'; '.join(reasons[:5]) or 'none'}."
            )
        return tuple(located), tuple(skipped)

    def _label(self, entry: DicomEntry) -> tuple[str, str, str]:
        """Returns label and given split of a file, and why it has no label."""
        settings = self.config.dicom
        place = Place.of(entry.path, with_classes=settings.labels_from == "folders")
        if settings.labels_from == "folders":
            return place.label, place.split, "" if place.label else cannot_be_used("it lies in no class folder")
        if settings.labels_from == "tag":
            return entry.label, place.split, "" if entry.label else cannot_be_used(f"it has no {settings.label_tag}")
        row = self._rows.get(comparable_name(entry.key) if settings.table_key == "path" else entry.key)
        if row is None:
            return "", "", f"{LeftOnPurpose.NO_ROW} {Path(str(settings.table)).name}"
        return row.label, row.split if settings.split_column else place.split, ""

    @cached_property
    def _labels(self) -> LabelMap:
        return LabelMap.build(
            classes=self.config.classes,
            labels=self.config.spellings,
            left_out=self.config.names_left_out,
            found={image.found_label for image in self._located[0]},
        )

    @cached_property
    def _kept(self) -> tuple[tuple[tuple[_Image, str], ...], tuple[tuple[str, str], ...]]:
        """Images with their class, and those of ignored labels with that reason."""
        return self._labels.divide(
            self._located[0], place=lambda image: f"{self.root / image.name}", where=f"below {self.root.absolute()}"
        )

    @property
    def skipped_files(self) -> tuple[tuple[str, str], ...]:
        """Files that are no images, have no label or an ignored one, or cannot be shown, with the reason."""
        return tuple(sorted((*self._listing.skipped, *self._located[1], *self._kept[1])))

    @property
    def files_found(self) -> int:
        """How many files lie below the folder; one that is expanded counts as many times as it has frames."""
        return self._listing.files_found

    @property
    def notes(self) -> tuple[str, ...]:
        """Which labels were taken for one, how images are grouped and named, and rows without a file."""
        used = {image.entry.path: image.entry for image, _ in self._kept[0]}.values()
        notes = [*self._labels.notes, *notes_on(self._listing, used, self.config.dicom)]
        if self._rows:
            keys = {key for entry in self._listing.entries for key in (comparable_name(entry.key), entry.key)}
            unused = sum(key not in keys for key in self._rows)
            if unused:
                notes.append(f"{unused} of {len(self._rows)} rows of {self.config.dicom.table} match no DICOM file.")
        return tuple(notes)

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of a model's outputs."""
        return self._labels.classes

    def __len__(self) -> int:
        return len(self._kept[0])

    def path_of(self, name: str) -> Path:
        """Returns the file behind the name of a record or a skipped file.

        Raises:
            KeyError: If there is none by that name.
        """
        file = name.rpartition("#frame-")[0] or name
        paths = {public: path for path, public in self._listing.names.items()}
        return self.root / (paths[name] if name in paths else paths[file])

    def records(self, names: Collection[str] | None = None) -> Iterator[ImageRecord]:
        """Yields every image of the problem's classes, or those called `names`, in the order of their files' paths."""
        opened: OpenedFile | None = None
        for image, label in self._kept[0]:
            if names is not None and image.name not in names:
                continue
            # The frames of a file follow one another: it is read once for all of them.
            path = self.root / image.entry.path
            if opened is None or opened.path != path:
                opened = OpenedFile.read(path, name=image.name)
            yield ImageRecord(
                name=image.name,
                encoded=opened.minimal(image.frame),
                label=label,
                group=self._listing.groups.of(image.entry.identity),
                origin=image.entry.origin,
                given_split=image.given_split,
            )
