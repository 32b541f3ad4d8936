"""A tree of DICOM files, of which nothing is stored that tells whose they are."""

import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from medimage.config.data import DataConfig
from medimage.data.image_record import ImageRecord
from medimage.data.sources.dicom.entries import DicomEntry, read_entry
from medimage.data.sources.dicom.labels import LabelRow, read_label_table
from medimage.data.sources.dicom.minimal import minimal_dicom
from medimage.data.sources.dicom.pseudonym import read_salt
from medimage.data.sources.files_below import comparable_name, names_below, read_whole, why_left_alone, written_name
from medimage.data.sources.labels import LabelMap
from medimage.data.sources.split_names import SPLIT_NAMES
from medimage.errors import DataError
from medimage.progress import track
from medimage.serving.dicom.dataset import DicomFile, read_dicom
from medimage.serving.dicom.decode import check_dicom
from medimage.serving.refusal import ImageRefusedError


@dataclass(frozen=True)
class _Listing:
    """Every file below the folder: an image, or skipped for a reason."""

    files_found: int
    entries: tuple[DicomEntry, ...]
    skipped: tuple[tuple[str, str], ...]


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
    salted hash of the patient's identifier and its issuer, or of the study where there is none. Names of records are
    paths below the folder, for a person to find the file again: a folder that is called by a patient's name must be
    renamed beforehand.

    Attributes:
        root: The folder.
        config: The data section of the run's configuration.
    """

    root: Path
    config: DataConfig

    @cached_property
    def _listing(self) -> _Listing:
        files_found = 0
        entries, skipped = [], []
        names = list(names_below(self.root))
        salt = read_salt()
        for name in track(names, description="Reading DICOM headers", total=len(names)):
            reason = self._why_unread(name)
            found = reason if reason is not None else read_entry(self.root, name, self.config.dicom, salt=salt)
            if isinstance(found, DicomEntry):
                entries.append(found)
                files_found += found.frames
            else:
                skipped.append((written_name(name), found))
                files_found += 1
        return _Listing(files_found, tuple(entries), tuple(skipped))

    def _why_unread(self, name: str) -> str | None:
        if self._table_path is not None and self.root / name == self._table_path:
            return "read as the label table"
        return why_left_alone(name)

    @cached_property
    def _table_path(self) -> Path | None:
        return None if self.config.dicom.table is None else self.root / self.config.dicom.table

    @cached_property
    def _rows(self) -> dict[str, LabelRow]:
        return {} if self._table_path is None else read_label_table(self._table_path, self.config.dicom)

    @cached_property
    def _located(self) -> tuple[tuple[_Image, ...], tuple[tuple[str, str], ...]]:
        """Every frame with the label that was found for it, and those without one or that cannot be shown."""
        located: list[_Image] = []
        skipped: list[tuple[str, str]] = []
        for entry in self._listing.entries:
            label, split, reason = self._label(entry)
            for frame in range(entry.frames):
                name = entry.name if entry.frames == 1 else f"{entry.name}#frame-{frame + 1}"
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
        folders = entry.name.split("/")[:-1]
        split = SPLIT_NAMES.get(folders[0].lower(), "") if folders else ""
        by_folders = self.config.dicom.labels_from == "folders"
        if split and by_folders and len(folders) == 1:
            # A folder called `test` that holds images itself is a class folder by that name.
            split = ""
        if by_folders:
            label = folders[1 if split else 0] if folders else ""
            return label, split, "" if label else "lies in no class folder"
        if self.config.dicom.labels_from == "tag":
            return entry.label, split, "" if entry.label else f"has no {self.config.dicom.label_tag}"
        key = comparable_name(entry.key) if self.config.dicom.table_key == "path" else entry.key
        row = self._rows.get(key)
        if row is None:
            return "", "", f"no row in {Path(str(self._table_path)).name}"
        return row.label, row.split if self.config.dicom.split_column else split, ""

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
        kept, ignored = [], []
        for image in self._located[0]:
            label = self._labels.resolve(image.found_label, where=f"{self.root / image.name}")
            if label is None:
                ignored.append((image.name, f"left out by its label ({image.found_label})"))
            else:
                kept.append((image, label))
        self._labels.require_images(
            {label for _, label in kept},
            found={image.found_label for image in self._located[0]},
            where=f"below {self.root.absolute()}",
        )
        return tuple(kept), tuple(ignored)

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
        """Which labels were taken for one, how images without a patient are grouped, and rows without a file."""
        entries = {image.entry.name: image.entry for image, _ in self._kept[0]}.values()
        notes = list(self._labels.notes)
        studies = sum(entry.group == entry.study != "" for entry in entries)
        if self.config.dicom.group_by == "patient" and studies:
            notes.append(f"{studies} of {len(entries)} DICOM files name no patient: they are grouped by their study.")
        alone = sum(not entry.group for entry in entries)
        if alone:
            notes.append(f"{alone} of {len(entries)} DICOM files name no patient or study: each is a group of its own.")
        groups, all_studies = {entry.group for entry in entries}, {entry.study for entry in entries}
        if len(groups) == 1 < len(all_studies):
            notes.append(
                f"All {len(entries)} DICOM files name one patient, but {len(all_studies)} studies: if that is a "
                "placeholder, set data.dicom.group_by: study."
            )
        if self._rows:
            keys = {comparable_name(entry.key) for entry in self._listing.entries} | {
                entry.key for entry in self._listing.entries
            }
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

    def records(self, names: Collection[str] | None = None) -> Iterator[ImageRecord]:
        """Yields every image of the problem's classes, or those called `names`, in the order of their names' files."""
        opened: tuple[str, DicomFile] | None = None
        for image, label in self._kept[0]:
            if names is not None and image.name not in names:
                continue
            # The frames of a file follow one another: it is read once for all of them.
            if opened is None or opened[0] != image.entry.name:
                opened = image.entry.name, _read(self.root / image.entry.name)
            yield ImageRecord(
                name=image.name,
                encoded=_frame(opened[1], image, self.root),
                label=label,
                group=image.entry.group,
                origin=image.entry.origin,
                given_split=image.given_split,
            )


def _read(path: Path) -> DicomFile:
    """Reads a file with its pixels, or without where they are damaged: then the audit refuses what is left."""
    stream = io.BytesIO(read_whole(path))
    try:
        return read_dicom(stream)
    except ImageRefusedError:
        stream.seek(0)
    try:
        return read_dicom(stream, with_pixels=False)
    except ImageRefusedError as error:
        raise _changed(path) from error


def _frame(file: DicomFile, image: _Image, root: Path) -> bytes:
    try:
        return minimal_dicom(file, check_dicom(file, frame=image.frame), frame=image.frame)
    except ImageRefusedError as error:
        raise _changed(root / image.entry.name) from error


def _changed(path: Path) -> DataError:
    return DataError(f"Expected {path} as it was when it was listed, but its header has changed since. Run again.")
