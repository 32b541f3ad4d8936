"""Which data a locked test set belongs to."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from medimage.config.data import DataConfig


def source_identity(problem: str, config: DataConfig) -> str:
    """Returns what tells the images of one problem from those of another, however many arrive.

    It has two parts. `images` says which they are: the problem, `images_per_class`, since a sample is not the whole,
    and how they are generated where they are. `place` says where they lie, and may change: a folder is moved, or packed
    into an archive. A new version of a Kaggle dataset is new data of the same place. How classes are spelled, and what
    the audit thinks of an image, do not count: where they change the images of a locked test set, that is told.

    Args:
        problem: Short name of the problem.
        config: The data section of the run's configuration.

    Returns:
        One line of JSON.
    """
    place = [config.source, str(Path(config.path).absolute()) if config.path is not None else ""]
    if config.source == "kaggle":
        place = [config.source, config.kaggle.dataset, config.kaggle.subfolder]
    elif config.source == "archive" and config.archive.subfolder:
        place = [*place, config.archive.subfolder]
    generated = config.source == "synthetic"
    images = {
        "problem": problem,
        "images_per_class": config.images_per_class,
        "synthetic": config.synthetic.model_dump(mode="json") if generated else None,
    }
    return json.dumps({"images": images, "place": None if generated else place}, sort_keys=True)


def lock_scope(source: str, *, name: str, classes: Sequence[str]) -> str:
    """Returns the SHA-256 of all that a locked test set belongs to.

    Args:
        source: What `source_identity` gave.
        name: Name under which the test set is locked.
        classes: The classes, in any order.
    """
    return _hash(json.loads(source), name, classes)


def lock_family(source: str, *, name: str, classes: Sequence[str]) -> str:
    """Returns the SHA-256 of the same without the place: what locks have in common whose images may have been moved.

    Args:
        source: What `source_identity` gave.
        name: Name under which the test set is locked.
        classes: The classes, in any order.
    """
    return _hash(json.loads(source)["images"], name, classes)


def lock_lineage(source: str, *, name: str) -> str:
    """Returns the SHA-256 of the same without place and classes: what locks of one problem have in common.

    Args:
        source: What `source_identity` gave.
        name: Name under which the test set is locked.
    """
    return _hash(json.loads(source)["images"], name, ())


def _hash(source: object, name: str, classes: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps([source, name, sorted(classes)], sort_keys=True).encode()).hexdigest()
