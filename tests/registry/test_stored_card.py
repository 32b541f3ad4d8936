"""The card that lies with a version, and is given back."""

import json
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient

from medimage.errors import RegistryError
from medimage.registry.model_registry import register_model
from medimage.registry.registration import Registration
from tests.support.exported import make_card, make_exported, make_gate_report, make_lineage
from tests.support.registered import NAME, register, register_with_card


@pytest.mark.usefixtures("database")
def test_card_is_the_one_that_is_stored_with_the_version() -> None:
    first = register_with_card(run_id="run-1")
    again = register_with_card(run_id="run-2")
    assert again.card == first.card
    assert (first.card.version, again.card.provenance.run_id) == ("1.0.0", "run-1")
    files = Path(mlflow.artifacts.download_artifacts(first.version.uri))
    assert json.loads((files / "card.json").read_text()) == again.card.to_dict()


@pytest.mark.usefixtures("database")
def test_every_version_of_one_run_keeps_its_own_card() -> None:
    register()
    register(evidence_hash="e2")
    assert register_with_card().card.provenance.evidence_hash == "e1"
    assert register_with_card(evidence_hash="e2").card.provenance.evidence_hash == "e2"


def test_card_that_is_damaged_is_one_sentence(database: Path) -> None:
    register()
    (card,) = (database.parent / "artifacts").rglob("card.json")
    card.write_text("{")
    with pytest.raises(RegistryError, match=r"model card of models:/lung-brightness/1 .* cannot be read"):
        register()


@pytest.mark.usefixtures("database")
def test_card_of_another_version_is_refused() -> None:
    registration = register_with_card()
    with pytest.raises(ValueError, match=r"card of version 1\.0\.0"):
        Registration(version=registration.version, card=registration.card.with_version("1.0.1"))


@pytest.mark.usefixtures("database")
def test_long_card_is_shortened_in_the_description_only() -> None:
    exported, card = make_exported(), make_card()
    long_card = type(card)(**{**vars(card), "limits": tuple(f"limit {number} " + "x" * 80 for number in range(200))})
    registered = register_model(
        exported=exported,
        card=long_card,
        gate_report=make_gate_report(),
        lineage=make_lineage(),
        name=NAME,
        experiment="lung",
    ).version
    description = MlflowClient().get_model_version(NAME, "1").description
    assert description is not None
    assert len(description) <= 5000
    assert description.endswith("card.md.\n")
    files = Path(mlflow.artifacts.download_artifacts(registered.uri))
    assert "limit 199" in (files / "card.md").read_text()
