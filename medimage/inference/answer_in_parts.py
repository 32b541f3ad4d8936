"""Answers on very many files, kept part by part, so that an end in the middle costs one part."""

from collections.abc import Sequence
from pathlib import Path

from medimage.inference.answer_files import answer_files
from medimage.inference.image_file import ImageFile
from medimage.inference.prediction_table import PredictionTable
from medimage.progress import track
from medimage.serving.classifier import ImageClassifier
from medimage.whole_file import write_whole

PART_FILES = 1000
"""Files of a part: some seconds of work for a small network, and some minutes for the largest on a processor."""


def answer_in_parts(
    classifier: ImageClassifier, files: Sequence[ImageFile], *, folder: Path, part_files: int = PART_FILES
) -> PredictionTable:
    """Answers on all files, except those whose part lies in the folder already.

    Args:
        classifier: The model.
        files: The files, at least one.
        folder: Where the parts lie; made when missing. It must be of this model and of the files as they are now.
        part_files: Files of a part.

    Raises:
        StorageError: If a part cannot be written.
        ValueError: If there is no file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = [files[start : start + part_files] for start in range(0, len(files), part_files)]
    tables: list[PredictionTable | None] = [
        _finished(_path(folder, number), part, classes=classifier.metadata.classes) for number, part in enumerate(parts)
    ]
    waiting = [file for part, table in zip(parts, tables, strict=True) if table is None for file in part]
    answers = iter(track(answer_files(classifier, waiting), description="Asking the model", total=len(waiting)))
    whole: list[PredictionTable] = []
    for number, (part, table) in enumerate(zip(parts, tables, strict=True)):
        if table is None:
            new = PredictionTable.of((next(answers) for _ in part), classes=classifier.metadata.classes)
            write_whole(_path(folder, number), new.to_parquet())
            whole.append(new)
        else:
            whole.append(table)
    return PredictionTable.joined(whole)


def _path(folder: Path, number: int) -> Path:
    return folder / f"{number:06d}.parquet"


def _finished(path: Path, files: Sequence[ImageFile], *, classes: tuple[str, ...]) -> PredictionTable | None:
    """Returns a part that an earlier run left, None where it left none, or one that cannot be read or is of others."""
    try:
        found = PredictionTable.from_parquet(path.read_bytes())
    except (OSError, ValueError):
        return None
    same = found.classes == classes and found.table["file"].to_pylist() == [file.name for file in files]
    return found if same else None
