"""Which version a retraining made the champion, wherever it was cut off, and whatever came after it."""

import pytest
from mlflow import MlflowClient

from medimage.registry.champion_change import Action, Author
from medimage.registry.champion_history import record_change
from medimage.registry.find_models import find_version_called
from medimage.registry.promotion import promote_version
from medimage.registry.rollback import roll_back
from medimage.retraining.promote_retrained import promote_retrained
from medimage.retraining.promoted_in_run import author_of, version_promoted_in
from tests.support.registered import NAME, register_brightness

pytestmark = pytest.mark.usefixtures("database")

LONG = "retrain-" + "x" * 200


@pytest.fixture(autouse=True)
def challenger(database: object) -> None:
    assert database
    register_brightness(1)
    register_brightness(2, alias="challenger", compared_with=1)


def promote(run_id: str = "retrain-1") -> None:
    promote_retrained(find_version_called(f"{NAME}/2"), because="Old.", not_better="", promote=True, run_id=run_id)


@pytest.mark.parametrize("run_id", ["retrain-1", LONG])
def test_the_version_that_a_run_promoted_is_known_by_it_alone(run_id: str) -> None:
    assert version_promoted_in(run_id, name=NAME) is None
    promote(run_id)
    assert version_promoted_in(run_id, name=NAME) == 2
    assert version_promoted_in("retrain-2", name=NAME) is None
    assert version_promoted_in(run_id, name="another") is None


def test_it_is_known_also_where_it_was_rolled_back_since() -> None:
    promote()
    roll_back(NAME, author=Author(by="anna"))
    assert version_promoted_in("retrain-1", name=NAME) == 2


def test_a_change_that_was_put_on_record_and_never_made_is_none() -> None:
    author = Author(by=author_of("retrain-1"))
    record_change(MlflowClient(), NAME, action=Action.PROMOTED, author=author, before=1, after=2, forced=False)
    assert version_promoted_in("retrain-1", name=NAME) is None
    register_brightness(3, alias="challenger", compared_with=1)
    promote_version(find_version_called(f"{NAME}/3"), author=Author(by="anna"))
    assert version_promoted_in("retrain-1", name=NAME) is None


def test_a_change_that_a_person_made_after_it_was_put_on_record_is_that_persons() -> None:
    author = Author(by=author_of("retrain-1"))
    record_change(MlflowClient(), NAME, action=Action.PROMOTED, author=author, before=1, after=2, forced=False)
    promote_version(find_version_called(f"{NAME}/2"), author=Author(by="anna"))
    assert version_promoted_in("retrain-1", name=NAME) is None
    roll_back(NAME, author=Author(by="anna"))
    assert version_promoted_in("retrain-1", name=NAME) is None


def test_a_version_that_a_person_promoted_is_that_of_no_run() -> None:
    promote_version(find_version_called(f"{NAME}/2"), author=Author(by="anna"))
    assert version_promoted_in("retrain-1", name=NAME) is None
