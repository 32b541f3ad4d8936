import dataclasses

import numpy as np
import pytest

from medimage.errors import RegistryError
from medimage.evaluation.comparison.champion_comparison import ChampionComparison, ChampionStatus
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.predictions import PredictionsOnTest
from medimage.registry.compare_with_champion import compare_with_champion, without_champion
from medimage.registry.model_answers import answer_images, open_classifier, predict_images
from medimage.registry.registered_model import RegisteredModel
from medimage.registry.seen_images import SeenImages
from tests.support.exported import CLASSES, brightness_onnx, self_test_of
from tests.support.gray_images import CONFIG, LABELS, RECORDS, TABLE, brightness_model, logits_of_brightness
from tests.support.simulated_predictions import evaluation_of


def candidate(logits: np.ndarray, *, classes: tuple[str, ...] = CLASSES) -> Evaluation:
    test = PredictionsOnTest(
        image_ids=tuple(record.image_id for record in RECORDS),
        groups=tuple(record.group for record in RECORDS),
        labels=LABELS,
        logits=logits.astype(np.float32),
        classes=classes,
    )
    return dataclasses.replace(evaluation_of(test, config=CONFIG), candidates=4)


def right_answers() -> np.ndarray:
    return 6.0 * np.eye(3)[LABELS]


def compared(evaluation: Evaluation, champion: RegisteredModel) -> ChampionComparison:
    return compare_with_champion(evaluation, TABLE, champion, config=CONFIG, tolerance=1e-4, seed=0)


def test_the_champion_answers_on_encoded_images_as_its_graph_says() -> None:
    order = [record.image_id for record in RECORDS][::-1]
    found = answer_images(open_classifier(brightness_model()), TABLE, order)
    np.testing.assert_allclose(found, logits_of_brightness()[::-1], atol=1e-4)


def test_a_better_candidate_wins_on_the_same_images() -> None:
    found = compared(candidate(right_answers()), brightness_model())
    assert found.status is ChampionStatus.COMPARED
    by_title = {each.title: each for each in found.differences}
    accuracy = float((logits_of_brightness().argmax(axis=1) == LABELS).mean())
    assert by_title["accuracy"].champion == pytest.approx(accuracy)
    assert (by_title["accuracy"].challenger, by_title["accuracy"].is_improvement) == (1, True)
    assert by_title["accuracy"].only_challenger == round((1 - accuracy) * 90)
    assert (found.champion, found.candidates) == ("lung version 3", 4)


def test_classes_in_another_order_are_the_same_classes() -> None:
    turned = (CLASSES[2], CLASSES[0], CLASSES[1])
    columns = [CLASSES.index(name) for name in turned]
    evaluation = candidate(logits_of_brightness()[:, columns], classes=turned)
    assert predict_images(open_classifier(brightness_model()), TABLE, evaluation.test).classes == turned
    evaluation = dataclasses.replace(evaluation, temperature=dataclasses.replace(evaluation.temperature, value=1.0))
    assert compared(evaluation, brightness_model()).status is ChampionStatus.SAME_MODEL


def test_other_classes_are_not_compared() -> None:
    found = compared(candidate(right_answers(), classes=("a", "b", "c")), brightness_model())
    assert found.status is ChampionStatus.OTHER_CLASSES
    assert "bright, dark and other|one" in found.reason
    assert "registry.name" in found.reason


@pytest.mark.parametrize("part", ["train", "validation"])
def test_a_champion_that_has_seen_a_test_image_is_not_compared(part: str) -> None:
    seen = dict.fromkeys(("train", "validation"), frozenset({"another"}))
    seen[part] = frozenset({RECORDS[5].image_id, RECORDS[7].image_id, "another"})
    found = compared(candidate(right_answers()), brightness_model(images=SeenImages(**seen)))
    assert (found.status, found.seen_images) == (ChampionStatus.SEEN_IMAGES, 2)
    assert "2 of the 90 test images" in found.reason
    assert not found.differences


def test_a_champion_that_may_have_seen_them_is_not_compared_unless_it_is_the_same_model() -> None:
    older = brightness_model(images=None)
    assert compared(candidate(right_answers()), older).status is ChampionStatus.UNKNOWN_IMAGES
    same = candidate(logits_of_brightness())
    same = dataclasses.replace(same, temperature=dataclasses.replace(same.temperature, value=1.0))
    assert compared(same, older).status is ChampionStatus.SAME_MODEL


def test_a_graph_for_other_preprocessing_is_one_sentence() -> None:
    with pytest.raises(RegistryError, match=r"models:/lung/3 cannot be used here: .*preprocessing version"):
        compared(candidate(right_answers()), brightness_model(preprocessing_version="0"))


def test_a_graph_that_answers_otherwise_here_than_where_it_was_judged_is_one_sentence() -> None:
    model = brightness_model(self_test=self_test_of(brightness_onnx(slope=9)))
    with pytest.raises(RegistryError, match=r"models:/lung/3 cannot be used here: Expected the graph in int8 to say"):
        open_classifier(model)


def test_without_a_champion_there_is_a_reason() -> None:
    for off, status in ((True, ChampionStatus.OFF), (False, ChampionStatus.NO_CHAMPION)):
        found = without_champion(candidate(right_answers()), off=off)
        assert (found.status, found.champion) == (status, "")
        assert found.sentence() == found.reason
