from dataclasses import replace

import pytest

from medimage.data.split import Part, Split
from medimage.errors import DataError
from medimage.evaluation.gate.split_match import require_images_of_split
from tests.support.simulated_predictions import evaluation_of, predictions

EVALUATION = evaluation_of(predictions(images=60))


def split_of(test: list[str], validation: list[str]) -> Split:
    ids = [*test, *validation, "training-0", "training-1", "training-2"]
    parts: list[Part] = ["test"] * len(test) + ["validation"] * len(validation) + ["train"] * 3
    return Split(
        image_ids=tuple(ids),
        labels=tuple(("covid", "normal", "tb")[row % 3] for row in range(len(ids))),
        groups=tuple(ids),
        parts=tuple(parts),
        classes=("covid", "normal", "tb"),
    )


TEST, VALIDATION = list(EVALUATION.test.image_ids), list(EVALUATION.validation.image_ids)


def test_the_images_of_the_split_are_fine_in_any_order() -> None:
    require_images_of_split(EVALUATION, split_of(TEST[::-1], VALIDATION))


@pytest.mark.parametrize(
    ("test", "validation", "words"),
    [
        (TEST[1:], VALIDATION, r"59 test images but got 60: 1 are of another part, or of none, such as test-0"),
        ([*TEST, "another"], VALIDATION, r"61 test images but got 60: 1 are missing, such as another"),
        (TEST, VALIDATION[1:], "validation images"),
        (VALIDATION, TEST, "60 are of another part"),
    ],
)
def test_other_images_are_refused(test: list[str], validation: list[str], words: str) -> None:
    with pytest.raises(DataError, match=words):
        require_images_of_split(EVALUATION, split_of(test, validation))


def test_pooled_folds_have_no_validation_images_of_their_own() -> None:
    nothing = replace(EVALUATION.validation, image_ids=(), groups=(), labels=EVALUATION.validation.labels[:0],
                      logits=EVALUATION.validation.logits[:0])  # fmt: skip
    require_images_of_split(replace(EVALUATION, validation=nothing), split_of(TEST, VALIDATION))
