"""A version that came of retraining is promoted by the rules, or it is told why not."""

import pytest
from mlflow import MlflowClient

from medimage.errors import RegistryError
from medimage.registry.champion_change import Author
from medimage.registry.champion_history import read_history
from medimage.registry.find_models import find_version_called
from medimage.registry.lineage import PREDICTIONS
from medimage.registry.promotion import promote_version
from medimage.registry.rollback import roll_back
from medimage.retraining.outcome import RetrainingOutcome, RetrainingResult
from medimage.retraining.promote_retrained import promote_retrained
from tests.support.registered import NAME, aliases, register_brightness, versions

BECAUSE = "lung-brightness version 1 is trained again because of its age."

pytestmark = pytest.mark.usefixtures("database")


def promoted(*, not_better: str = "", promote: bool = True) -> RetrainingOutcome:
    reference = find_version_called(f"{NAME}/2")
    return promote_retrained(reference, because=BECAUSE, not_better=not_better, promote=promote, run_id="retrain-1")


@pytest.fixture(autouse=True)
def challenger(database: object) -> None:
    assert database
    register_brightness(1)
    register_brightness(2, alias="challenger", compared_with=1)


def tags() -> dict[str, str]:
    return MlflowClient().get_model_version(NAME, "2").tags


def test_a_better_one_becomes_the_champion_with_the_run_and_the_reason_on_record() -> None:
    outcome = promoted()
    assert (outcome.result, outcome.version) == (RetrainingResult.PROMOTED, 2)
    assert aliases() == {"champion": 2, "previous": 1}
    change = read_history(MlflowClient(), NAME).changes[-1]
    assert (change.by, change.reason, change.forced) == ("run retrain-1", BECAUSE, False)
    assert tags()["retrained_because"] == BECAUSE
    assert tags()["retraining_outcome"] == outcome.sentence


def test_the_same_once_more_changes_nothing() -> None:
    first = promoted()
    before = read_history(MlflowClient(), NAME).changes
    again = promoted()
    assert (again.result, again.version) == (first.result, first.version)
    assert read_history(MlflowClient(), NAME).changes == before
    assert versions() == [1, 2]


def test_one_that_is_not_better_stays_the_challenger_with_the_reason() -> None:
    outcome = promoted(not_better="nothing is shown to be better")
    assert outcome.result is RetrainingResult.NOT_BETTER
    assert aliases() == {"champion": 1, "challenger": 2}
    assert "nothing is shown to be better" in tags()["retraining_outcome"]


def test_a_better_one_waits_for_a_person_where_that_is_wanted() -> None:
    outcome = promoted(promote=False)
    assert outcome.result is RetrainingResult.BETTER
    assert aliases() == {"champion": 1, "challenger": 2}
    promote_version(find_version_called(f"{NAME}@challenger"), author=Author(by="anna"))
    assert aliases()["champion"] == 2


def test_what_a_person_rolled_back_does_not_come_back_by_itself() -> None:
    promoted()
    roll_back(NAME, author=Author(by="anna"))
    outcome = promoted()
    assert outcome.result is RetrainingResult.ROLLED_BACK
    assert aliases()["champion"] == 1


def test_what_a_person_rolled_back_does_not_come_back_as_another_version_of_the_same_model() -> None:
    promoted()
    roll_back(NAME, author=Author(by="anna"))
    register_brightness(3, alias="challenger", compared_with=1)
    MlflowClient().set_model_version_tag(NAME, "3", PREDICTIONS, tags()[PREDICTIONS])
    outcome = promote_retrained(
        find_version_called(f"{NAME}/3"), because=BECAUSE, not_better="", promote=True, run_id="retrain-2"
    )
    assert outcome.result is RetrainingResult.ROLLED_BACK
    assert "answers as version 2" in outcome.sentence
    assert aliases()["champion"] == 1


def test_a_champion_that_came_meanwhile_is_not_replaced() -> None:
    register_brightness(3)
    with pytest.raises(RegistryError, match="was held against version 1 and not against version 3"):
        promoted()
    assert aliases()["champion"] == 3
