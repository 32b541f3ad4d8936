"""A model's answers on files, decoded side by side and asked in batches."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from medimage.data.bounded_map import bounded_map
from medimage.data.sources.file_reading import why_no_file
from medimage.decision.decision import Decision
from medimage.evaluation.decision.calibration import calibrated_probabilities
from medimage.inference.image_answer import ImageAnswer
from medimage.inference.image_file import ImageFile
from medimage.serving.classifier import ImageClassifier
from medimage.serving.cores import available_cores
from medimage.serving.preprocessing import ImageRefusedError, prepare_image

_BATCH = 16
"""Images that the graph answers at once: more bring no more speed on a processor, and take memory."""

_BATCHES_AHEAD = 4


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    file: ImageFile
    sha256: str = ""
    pixels: NDArray[np.uint8] | None = None
    refusal: str = ""


def answer_files(classifier: ImageClassifier, files: Iterable[ImageFile]) -> Iterator[ImageAnswer]:
    """Yields the answer on each file, in their order. A file that cannot be used has a reason in place of an answer.

    Args:
        classifier: The model.
        files: The files; read only as far as needed.
    """
    workers = available_cores()
    with ThreadPoolExecutor(workers) as pool:
        prepared = bounded_map(
            pool,
            lambda batch: [_prepare(classifier, file) for file in batch],
            _batches(files),
            ahead=_BATCHES_AHEAD * workers,
            size=lambda batch: sum(map(_size, batch)),
        )
        for batch in prepared:
            yield from _answer(classifier, batch)


def _batches(files: Iterable[ImageFile]) -> Iterator[tuple[ImageFile, ...]]:
    rest = iter(files)
    while batch := tuple(islice(rest, _BATCH)):
        yield batch


def _size(file: ImageFile) -> int:
    try:
        return file.path.stat().st_size
    except OSError:
        # Whoever reads it tells why it cannot be read.
        return 0


def _prepare(classifier: ImageClassifier, file: ImageFile) -> _Prepared:
    if file.refusal:
        return _Prepared(file=file, refusal=file.refusal)
    if (reason := why_no_file(file.path)) is not None:
        return _Prepared(file=file, refusal=f"The file {reason}.")
    try:
        encoded = file.path.read_bytes()
    except OSError as error:
        return _Prepared(file=file, refusal=f"The file cannot be read: {error.strerror}.")
    sha256, metadata = hashlib.sha256(encoded).hexdigest(), classifier.metadata
    try:
        pixels = prepare_image(encoded, color_mode=metadata.color_mode, size=metadata.input_size)
    except ImageRefusedError as error:
        return _Prepared(file=file, sha256=sha256, refusal=str(error))
    return _Prepared(file=file, sha256=sha256, pixels=pixels)


def _answer(classifier: ImageClassifier, batch: Sequence[_Prepared]) -> Iterator[ImageAnswer]:
    pixels = [each.pixels for each in batch if each.pixels is not None]
    found = iter(_probabilities(classifier, pixels)) if pixels else iter(())
    for each in batch:
        probabilities = None if each.pixels is None else next(found)
        refusal = each.refusal
        if each.pixels is not None and probabilities is None:
            refusal = "The network gives no finite number for this image."
        if probabilities is None:
            yield ImageAnswer(name=each.file.name, sha256=each.sha256, probabilities={}, refusal=refusal)
            continue
        by_class = dict(zip(classifier.metadata.classes, probabilities.tolist(), strict=True))
        yield ImageAnswer(
            name=each.file.name,
            sha256=each.sha256,
            probabilities=by_class,
            decision=Decision.of(by_class, classifier.metadata.decision_rules),
        )


def _probabilities(
    classifier: ImageClassifier, pixels: Sequence[NDArray[np.uint8]]
) -> list[NDArray[np.float64] | None]:
    """Returns the probabilities of each image, None where the network gives none."""
    try:
        logits = classifier.logits(np.stack(pixels))
    except FloatingPointError:
        if len(pixels) == 1:
            return [None]
        # One image must not take the answers of the others with it.
        return [_probabilities(classifier, [image])[0] for image in pixels]
    return list(calibrated_probabilities(logits, classifier.metadata.temperature))
