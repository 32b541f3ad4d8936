"""Which versions are champion, challenger and previous after a registration."""

import pytest
from mlflow import MlflowClient

from medimage.errors import RegistryError
from medimage.registry.held_against import HeldAgainst
from tests.support.registered import NAME, aliases, register


@pytest.mark.usefixtures("database")
def test_a_challenger_leaves_the_champion_where_it_is_and_is_registered_once() -> None:
    register(slope=1.0)
    for _ in range(2):
        assert register(slope=2.0, alias="challenger").aliases == ("challenger",)
        assert aliases() == {"champion": 1, "challenger": 2}
    assert register(slope=3.0, alias="challenger").version == 3
    assert aliases() == {"champion": 1, "challenger": 3}


@pytest.mark.usefixtures("database")
def test_a_challenger_that_has_become_the_champion_stays_it() -> None:
    register(slope=1.0)
    register(slope=2.0, alias="challenger")
    register(slope=2.0)
    assert register(slope=2.0, alias="challenger").aliases == ("champion",)
    assert aliases() == {"champion": 2, "previous": 1}


@pytest.mark.usefixtures("database")
def test_second_model_becomes_champion_and_the_first_previous() -> None:
    register()
    second = register(slope=3.0, evidence_hash="e2")
    assert second.aliases == ("champion",)
    assert aliases() == {"champion": 2, "previous": 1}
    register(slope=2.0, evidence_hash="e3")
    assert aliases() == {"champion": 3, "previous": 2}


@pytest.mark.usefixtures("database")
def test_registering_an_earlier_model_again_makes_it_the_champion_again() -> None:
    register()
    register(slope=3.0, evidence_hash="e2")
    again = register(run_id="run-2")
    assert (again.version, again.aliases) == (1, ("champion",))
    assert aliases() == {"champion": 1, "previous": 2}


@pytest.mark.usefixtures("database")
def test_registering_the_champion_again_leaves_the_previous_one() -> None:
    register()
    register(slope=3.0, evidence_hash="e2")
    assert register(slope=3.0, evidence_hash="e2").aliases == ("champion",)
    assert aliases() == {"champion": 2, "previous": 1}


@pytest.mark.usefixtures("database")
def test_a_champion_that_came_meanwhile_is_not_replaced() -> None:
    with pytest.raises(RegistryError, match=r"Expected version 1 to be the champion .* but it is no version"):
        register(held_against=HeldAgainst(version=1))
    assert not MlflowClient().search_registered_models()
    first = register(held_against=HeldAgainst(version=None))
    second = register(slope=2.0, predictions="p2", held_against=HeldAgainst(version=first.version))
    with pytest.raises(RegistryError, match=r"Expected version 1 .* but it is version 2: this model was not compared"):
        register(slope=3.0, predictions="p3", held_against=HeldAgainst(version=first.version))
    with pytest.raises(RegistryError, match="is version 2"):
        register(held_against=HeldAgainst(version=None))
    assert aliases() == {"champion": second.version, "previous": first.version}
    assert len(MlflowClient().search_model_versions(f"name = '{NAME}'")) == 2
    again = register(slope=2.0, predictions="p2", held_against=HeldAgainst(version=first.version))
    assert again.version == second.version


@pytest.mark.usefixtures("database")
def test_a_champion_that_is_judged_by_other_thresholds_replaces_itself() -> None:
    alone = HeldAgainst(version=None)
    register(held_against=alone)
    assert register(evidence_hash="other-thresholds", held_against=alone).version == 2
    against_second = HeldAgainst(version=2)
    register(slope=2.0, predictions="p2", evidence_hash="e2", held_against=against_second)
    judged_anew = register(slope=2.0, predictions="p2", evidence_hash="e3", held_against=against_second)
    assert aliases() == {"champion": judged_anew.version, "previous": 3}
