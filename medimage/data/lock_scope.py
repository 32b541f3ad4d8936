"""Which data a locked test set belongs to."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from medimage.config.data import DataConfig


def source_identity(problem: str, config: DataConfig) -> str:
    """Returns what tells the images of one problem from those of another, however many arrive.

    The same are: the problem, the kind of source, and where it is, as well as `images_per_class`, since a sample is
    not the whole. A new version of a Kaggle dataset is new data of the same source. How classes are spelled, and what
    the audit thinks of an image, do not count: where they change the images of a locked test set, that is told.

    Args:
        problem: Short name of the problem.
        config: The data section of the run's configuration.

    Returns:
        One line of JSON.
    """
    place: object = str(Path(config.path).absolute()) if config.path is not None else ""
    if config.source == "kaggle":
        place = [config.kaggle.dataset, config.kaggle.subfolder]
    elif config.source == "synthetic":
        place = config.synthetic.model_dump(mode="json")
    return json.dumps(
        {
            "problem": problem,
            "source": config.source,
            "place": place,
            "images_per_class": config.images_per_class,
        },
        sort_keys=True,
    )


def lock_scope(source: str, *, name: str, classes: Sequence[str]) -> str:
    """Returns the SHA-256 of all that a locked test set belongs to.

    Args:
        source: What `source_identity` gave.
        name: Name under which the test set is locked.
        classes: The classes, in any order.
    """
    return hashlib.sha256(json.dumps([source, name, sorted(classes)]).encode()).hexdigest()
