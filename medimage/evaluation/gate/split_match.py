"""Whether what was measured is what the split set aside for it."""

from medimage.data.split import Part, Split
from medimage.errors import DataError
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.predictions import Predictions


def require_images_of_split(evaluation: Evaluation, split: Split) -> None:
    """Does nothing where a model was judged on all test images of the split, and fitted on validation images alone.

    Raises:
        DataError: If test images are missing or others were tested, or anything was fitted on images of another part.
    """
    _require_part(evaluation.test, split, "test")
    if len(evaluation.validation):
        _require_part(evaluation.validation, split, "validation")


def _require_part(predictions: Predictions, split: Split, part: Part) -> None:
    expected = {split.image_ids[row] for row in split.rows(part)}
    found = set(predictions.image_ids)
    if found == expected:
        return
    strangers, missing = sorted(found - expected), sorted(expected - found)
    told = [
        f"{len(ids)} {what}, such as {ids[0]}"
        for ids, what in ((strangers, "are of another part, or of none"), (missing, "are missing"))
        if ids
    ]
    raise DataError(
        f"Expected predictions of the split's {len(expected)} {part} images but got {len(found)}: {'; '.join(told)}. "
        "The evaluation and the split belong to different data: start a run that makes both."
    )
