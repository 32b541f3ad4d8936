"""Images in a folder as a window, where there is no log of them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from medimage.errors import DataError
from medimage.inference.image_file import ImageFile, images_below
from medimage.monitoring.measure_reference import ask_about, measure_reference
from medimage.monitoring.read_window import read_window
from medimage.monitoring.reference import MonitoringReference
from medimage.monitoring.window import LogWindow, without_times
from medimage.serving.classifier import ImageClassifier
from medimage.serving.prediction_log.logged_prediction import LoggedModel, LoggedPrediction


def images_as_window(onnx: bytes, folder: Path, *, reference: MonitoringReference) -> LogWindow:
    """Asks a graph about every image below a folder; files that cannot be used are left out.

    Args:
        onnx: The graph.
        folder: The folder.
        reference: What the window will be compared with.

    Raises:
        ConfigurationError: If there is no such folder.
        DataError: If a folder below it cannot be read.
    """
    files = images_below(folder)
    model = LoggedModel(name="", version="", sha256=reference.sha256)
    asked = ask_about(ImageClassifier(onnx, threads=1), _encoded(files), model=model, total=len(files))

    def rows() -> Iterator[LoggedPrediction]:
        return (row for _, row in asked if row is not None)

    return without_times(
        read_window(
            [rows()],
            sha256=reference.sha256,
            classes=reference.observations.classes,
            projection=reference.projection,
        )
    )


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
    found = measure_reference(onnx, _encoded(files), total=len(files))
    if found is None:
        raise DataError(f"Expected images below {folder} that the model can answer on, but there is none.")
    return found


def _encoded(files: Sequence[ImageFile]) -> Iterator[tuple[None, bytes]]:
    for file in files:
        if file.refusal:
            continue
        try:
            yield None, file.path.read_bytes()
        except OSError:
            # It counts among the files that cannot be used, as a damaged one does.
            yield None, b""
