"""A tree of DICOM files, of which nothing is stored that tells whose they are."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from medimage.data.image_record import ImageRecord
from medimage.data.sources.dicom.class_names import refuse_patients_as_classes
from medimage.data.sources.dicom.entries import DicomEntry
from medimage.data.sources.dicom.labels import LabelRow, read_label_table
from medimage.data.sources.dicom.listing import Listing, list_dicom
from medimage.data.sources.dicom.notes import notes_on
from medimage.data.sources.dicom.opened import OpenedFile
from medimage.data.sources.file_names import comparable_name
from medimage.data.sources.file_source import FileSource, NamesAndReasons
from medimage.data.sources.place import Place
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
class DicomSource(FileSource[_Image]):
    """DICOM files below one folder.

    A record holds a DICOM file of one frame and nothing but what decoding needs (`minimal_dicom`). Its group is a
    salted hash of the patient's identifier, or of the study where there is none; see `Groups`. Its name is the path
    below the folder, with a salted hash for each folder or file that could be called by a patient; see `PublicNames`.
    Folders of classes and splits keep their names.

    Attributes:
        root: The folder.
        config: The data section of the run's configuration.
    """

    @property
    def files_found(self) -> int:
        """How many files lie below the folder; one that is expanded counts as many times as it has frames."""
        return self._listing.files_found

    def path_of(self, name: str) -> Path:
        """Returns the file behind the name of a record or a skipped file.

        Raises:
            KeyError: If there is none by that name.
        """
        file = name.rpartition("#frame-")[0] or name
        paths = {public: path for path, public in self._listing.names.items()}
        return self.root / (paths[name] if name in paths else paths[file])

    @cached_property
    def _listing(self) -> Listing:
        elements = [column.column for column in self.config.metadata_columns.values()]
        return list_dicom(self.root, self.config.dicom, elements=elements)

    @cached_property
    def _rows(self) -> dict[str, LabelRow]:
        table = self.config.dicom.table
        return {} if table is None else read_label_table(self.root / table, self.config.dicom)

    def _find_files(self) -> tuple[tuple[_Image, ...], NamesAndReasons]:
        located: list[_Image] = []
        skipped: list[tuple[str, str]] = []
        labelled = [(entry, *self._label(entry)) for entry in self._listing.entries]
        self._refuse_patients_as_classes([(label, entry.identity.patient) for entry, label, *_ in labelled if label])
        for entry, label, split, reason in labelled:
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
        return tuple(located), (*self._listing.skipped, *skipped)

    def _refuse_patients_as_classes(self, labelled: Sequence[tuple[str, str]]) -> None:
        settings = self.config.dicom
        where, remedy = {
            "folders": (
                self._where(),
                "Set data.dicom.labels_from to tag or table, or put the files into folders of classes.",
            ),
            "tag": (f"in {settings.label_tag}", "Set data.dicom.labels_from to folders or table."),
            "table": (
                f"in the column {settings.label_column!r} of {settings.table}",
                "Name the column with the classes in data.dicom.label_column, or write there what images show.",
            ),
        }[settings.labels_from]
        refuse_patients_as_classes(labelled, self._listing.identifiers, where=where, remedy=remedy)

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

    def _written_metadata(self, file: _Image) -> Sequence[str]:
        return file.entry.metadata

    def _where_metadata_stand(self) -> str:
        return "the DICOM files"

    def _notes_on(self, files: Sequence[tuple[_Image, str]]) -> Iterator[str]:
        used = {image.entry.path: image.entry for image, _ in files}.values()
        yield from notes_on(self._listing, used, self.config.dicom)
        if self._rows:
            keys = {key for entry in self._listing.entries for key in (comparable_name(entry.key), entry.key)}
            unused = sum(key not in keys for key in self._rows)
            if unused:
                yield f"{unused} of {len(self._rows)} rows of {self.config.dicom.table} match no DICOM file."

    def _read(self, files: Iterable[tuple[_Image, str]]) -> Iterator[ImageRecord]:
        opened: OpenedFile | None = None
        for image, label in files:
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
                metadata=self._metadata.by_image[image.name],
            )
