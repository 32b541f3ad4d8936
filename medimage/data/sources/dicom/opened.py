"""A file of a DICOM source while its frames are taken out of it."""

import io
from dataclasses import dataclass, field
from pathlib import Path

from medimage.data.sources.dicom.minimal import minimal_dicom
from medimage.data.sources.file_reading import read_whole
from medimage.errors import DataError
from medimage.serving.dicom.dataset import PIXEL_GROUP, DicomFile, read_dicom
from medimage.serving.dicom.decode import check_dicom
from medimage.serving.dicom.pixel_data import EncodedFrames
from medimage.serving.refusal import ImageRefusedError


@dataclass(frozen=True)
class OpenedFile:
    """A file that has been read and told apart into frames.

    Attributes:
        path: Where it lies. It may name a patient, and must not be told.
        name: What to call it in messages.
        file: Its elements, without pixels where they are damaged.
        frames: Its frames; None where they are damaged: then the audit refuses what is left.
    """

    path: Path = field(repr=False)
    name: str
    file: DicomFile = field(repr=False)
    frames: EncodedFrames | None

    @classmethod
    def read(cls, path: Path, *, name: str) -> "OpenedFile":
        """Reads a file.

        Raises:
            DataError: If it cannot be read, or is not what it was when it was listed.
        """
        stream = io.BytesIO(read_whole(path, told=name))
        try:
            file = _with_or_without_pixels(stream)
            header = check_dicom(file)
        except ImageRefusedError as error:
            raise _changed(name) from error
        try:
            frames = EncodedFrames.read(file, header)
        except ImageRefusedError:
            frames = None
        return cls(path, name, file, frames)

    def minimal(self, frame: int) -> bytes:
        """Returns a frame as a file of its own; see `minimal_dicom`.

        Raises:
            DataError: If the file is not what it was when it was listed.
        """
        try:
            header = check_dicom(self.file, frame=frame)
        except ImageRefusedError as error:
            raise _changed(self.name) from error
        if frame >= header.frames:
            raise _changed(self.name)
        encoded = None if self.frames is None else self.frames[frame]
        return minimal_dicom(self.file, header, encoded, frame=frame)


def _with_or_without_pixels(stream: io.BytesIO) -> DicomFile:
    """Returns the header as it was listed, and the pixels where they can be read."""
    file = read_dicom(stream, with_pixels=False)
    stream.seek(0)
    try:
        whole = read_dicom(stream)
    except ImageRefusedError:
        return file
    # Of a damaged file, what follows the pixels may replace what stands before them, which alone was listed.
    file.dataset.update({tag: element for tag, element in whole.dataset.items() if tag.group == PIXEL_GROUP})
    return file


def _changed(name: str) -> DataError:
    return DataError(f"Expected {name} as it was when it was listed, but its header has changed since. Run again.")
