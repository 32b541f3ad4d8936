"""The audit for shortcuts and leakage: cheap probes on small pixels."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medimage.config.shortcuts import ShortcutConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.pixel_store import PixelStore
from medimage.data.split import Split
from medimage.data.stable_groups import first_images
from medimage.errors import DataError
from medimage.evaluation.metrics.cluster_bootstrap import group_codes
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.shortcuts.association import estimate_association
from medimage.evaluation.shortcuts.border import border_width
from medimage.evaluation.shortcuts.border_examples import draw_border_examples
from medimage.evaluation.shortcuts.border_probe import told_from_border
from medimage.evaluation.shortcuts.enough_cases import EnoughCases
from medimage.evaluation.shortcuts.leakage import measure_leakage
from medimage.evaluation.shortcuts.nearest import similarities
from medimage.evaluation.shortcuts.origin_probe import told_from_origin
from medimage.evaluation.shortcuts.recognition import CONFIDENCE, Recognition
from medimage.evaluation.shortcuts.sample import choose_whole_groups, look_at_images
from medimage.evaluation.shortcuts.shortcut_audit import ShortcutAudit

_NOT_STATED = "not stated"
_WITHOUT_PIXELS = 5
"""So many times `maximum_images` are taken where no pixel is needed: seconds, and memory that stays bounded."""


def audit_shortcuts(
    pixels: PixelStore, audit: DataAudit, split: Split, config: ShortcutConfig, *, seed: int
) -> ShortcutAudit:
    """Measures leakage, and whether class or origin can be told without looking at the patient.

    All parts of the split are looked at, the test images as well: the figures describe the data, and nothing that
    becomes part of a model is chosen by them. The split's own groups are those that stay together in every fold. The
    association of class and origin is that of all images, and the rest is measured on a sample of them. A class with
    too few cases to be cross-validated is left out, and the others are looked at all the same.

    Args:
        pixels: Decoded images.
        audit: Knows the origin of each image.
        split: Knows class and group of each image.
        config: Thresholds and amount of work.
        seed: Seed of all divisions, permutations and resamples.

    Raises:
        DataError: If the split has images that the audit does not know.
    """
    origin_of = dict(zip(audit.usable["image_id"], audit.usable["origin"], strict=True))
    strangers = [image_id for image_id in split.image_ids if image_id not in origin_of]
    if strangers:
        raise DataError(
            f"Expected a split of the audited images, but {len(strangers)} of its {len(split.image_ids)} images are "
            f"not among the usable ones, such as {strangers[0]}. The audit and the split belong to different data: "
            "start a run that makes both."
        )
    codes = {name: code for code, name in enumerate(split.classes)}
    labels = np.asarray([codes[label] for label in split.labels], dtype=np.int64)
    # Groups are known by what they hold: names may be pseudonyms, and the sample must not depend on their salt.
    first = first_images(split.image_ids, split.groups)
    groups = group_codes(tuple(first))
    origins = [origin_of[image_id] for image_id in split.image_ids]
    # Once any is known, the images without one are a kind of their own: they came another way.
    origins = [origin or _NOT_STATED for origin in origins] if any(origins) else []
    names, origin_codes = np.unique(np.asarray(origins, dtype=str), return_inverse=True)
    kinds = (split.labels, origins) if origins else (split.labels,)
    chosen = choose_whole_groups(first, kinds, maximum=config.maximum_images)
    image_ids = [split.image_ids[row] for row in chosen.tolist()]
    width = border_width(pixels.size, config.border_share)
    look = look_at_images(pixels, image_ids, border_width=width)
    # Rare origins do not come first here: of each class, an origin must have the share that it has.
    many = choose_whole_groups(first, (split.labels,), maximum=_WITHOUT_PIXELS * config.maximum_images)
    by_class = EnoughCases.of(labels[chosen], groups[chosen], split.classes)
    known = chosen if origins else chosen[:0]
    by_origin = EnoughCases.of(origin_codes[known], groups[known], names.tolist())
    return ShortcutAudit(
        images=len(image_ids),
        of_images=len(split.image_ids),
        groups=len(np.unique(groups[chosen])),
        class_origins=_origins_of_classes(split.labels, origins, split.classes),
        rare_classes=by_class.left_out,
        rare_origins=by_origin.left_out,
        leakage=measure_leakage(
            similarities(look.small[by_class.rows]),
            by_class.answers,
            by_class.groups,
            by_class.names,
            repetitions=config.repetitions,
            seed=seed,
        ),
        class_from_border=_told_from_border(look.borders, by_class, kind="class", seed=seed),
        origin_from_border=_told_from_border(look.borders, by_origin, kind="origin", seed=seed)
        if len(names) > 1
        else Recognition.not_computed(_one_origin(len(names)), n=len(chosen), groups=len(np.unique(groups[chosen]))),
        class_from_origin=_class_from_origin(
            labels, origin_codes, groups, split.classes, rows=many, count=len(names), seed=seed
        ),
        association=_association(labels, origin_codes, groups, shape=(len(split.classes), len(names))),
        config=config,
        border_examples=draw_border_examples(pixels, np.asarray(image_ids), labels[chosen], split.classes, width=width),
    )


def _origins_of_classes(
    labels: Sequence[str], origins: Sequence[str], classes: tuple[str, ...]
) -> dict[str, dict[str, int]]:
    counts = Counter(zip(labels, origins, strict=False))
    found = {name: sorted(pair for pair in counts if pair[0] == name) for name in classes}
    return {name: {pair[1]: counts[pair] for pair in pairs} for name, pairs in found.items()}


def _told_from_border(borders: NDArray[np.float64], cases: EnoughCases, *, kind: str, seed: int) -> Recognition:
    return told_from_border(borders[cases.rows], cases.answers, cases.groups, cases.names, kind=kind, seed=seed)


def _class_from_origin(
    labels: NDArray[np.int64],
    origins: NDArray[np.int64],
    groups: NDArray[np.int64],
    classes: tuple[str, ...],
    *,
    rows: NDArray[np.int64],
    count: int,
    seed: int,
) -> Recognition:
    if count < 2:
        return Recognition.not_computed(_one_origin(count), n=len(rows), groups=len(np.unique(groups[rows])))
    cases = EnoughCases.of(labels[rows], groups[rows], classes)
    return told_from_origin(cases.answers, origins[rows[cases.rows]], cases.groups, cases.names, seed=seed)


def _one_origin(count: int) -> str:
    return "all images have the same origin" if count else "no origin is known: the data name none"


def _association(
    labels: NDArray[np.int64], origins: NDArray[np.int64], groups: NDArray[np.int64], *, shape: tuple[int, int]
) -> Estimate:
    """Estimates the association over cases; one with images of several classes or origins counts in each."""
    if shape[1] < 2:
        cases = len(np.unique(groups))
        return Estimate.undefined(_one_origin(shape[1]), n=len(groups), groups=cases)
    pairs = np.unique(np.column_stack([groups, labels, origins]), axis=0)
    counts = np.zeros(shape, dtype=np.int64)
    np.add.at(counts, (pairs[:, 1], pairs[:, 2]), 1)
    return estimate_association(counts, confidence=CONFIDENCE)
