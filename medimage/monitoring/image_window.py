"""Images in a folder as a window, where there is no log of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from medimage.errors import DataError
from medimage.inference.image_file import ImageFile, images_below
from medimage.monitoring.image_labels import read_image_labels
from medimage.monitoring.measure_reference import ask_about, measure_reference
from medimage.monitoring.read_window import read_window
from medimage.monitoring.reference import MonitoringReference
from medimage.monitoring.window import LogWindow, without_times
from medimage.serving.classifier import ImageClassifier
from medimage.serving.prediction_log.logged_prediction import LoggedModel, LoggedPrediction


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageWindow:
    """Images that were asked about, with what is known of them.

    Attributes:
        window: The answers.
        said: What the table says of each answer, by its name: the true classes, None for none of the model's. The very
            same image under several names may have several.
    """

    window: LogWindow
    said: Mapping[str, frozenset[str | None]]


def images_as_window(
    onnx: bytes, folder: Path, *, reference: MonitoringReference, labels: Path | None = None
) -> ImageWindow:
    """Asks a graph about every image below a folder; files that cannot be used are left out.

    Args:
        onnx: The graph.
        folder: The folder.
        reference: What the window will be compared with.
        labels: Table of true classes, as `read_image_labels` reads it; None where they are not known.

    Raises:
        ConfigurationError: If there is no such folder.
        DataError: If a folder below it cannot be read, or the table is not as it should be.
    """
    files = images_below(folder)
    classes = reference.observations.classes
    known = {} if labels is None else read_image_labels(labels, files, classes=classes)
    model = LoggedModel(name="", version="", sha256=reference.sha256)
    asked = ask_about(ImageClassifier(onnx, threads=1), _encoded(files), model=model, total=len(files))
    said: dict[str, frozenset[str | None]] = {}

    def rows() -> Iterator[LoggedPrediction]:
        for name, row in asked:
            if row is None:
                continue
            if name in known:
                said[row.prediction_id] = said.get(row.prediction_id, frozenset()) | {known[name]}
            yield row

    window = read_window([rows()], sha256=reference.sha256, classes=classes, projection=reference.projection)
    return ImageWindow(window=without_times(window), said=said)


def images_as_reference(onnx: bytes, folder: Path) -> MonitoringReference:
    """Makes a reference of held-out images in a folder, whose true classes are not known.

    Args:
        onnx: The graph.
        folder: The folder.

    Raises:
        ConfigurationError: If there is no such folder.
        DataError: If not one image below it can be answered.
    """
    files = images_below(folder)
    unlabelled = ((None, encoded) for _, encoded in _encoded(files))
    found = measure_reference(onnx, unlabelled, total=len(files))
    if found is None:
        raise DataError(f"Expected images below {folder} that the model can answer on, but there is none.")
    return found


def _encoded(files: Sequence[ImageFile]) -> Iterator[tuple[str, bytes]]:
    for file in files:
        if file.refusal:
            continue
        try:
            yield file.name, file.path.read_bytes()
        except OSError:
            # It counts among the files that cannot be used, as a damaged one does.
            yield file.name, b""
