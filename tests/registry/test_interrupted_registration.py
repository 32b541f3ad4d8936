"""A server that goes away while a model is registered leaves nothing, or a whole version; the next call finishes it."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient

from medimage.registry.champion_history import read_history
from medimage.registry.registered_model import load_registered_model
from medimage.registry.semantic_version import SemanticVersion
from tests.support.cut_off import CutOff, is_cut_off
from tests.support.exported import make_exported
from tests.support.registered import NAME, aliases, register_brightness, versions

_MOST_REQUESTS = 80


@pytest.fixture
def cut(proxy: CutOff, tracking_uri: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> Iterator[CutOff]:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    tracking_uri(proxy.address)
    yield proxy
    proxy.after(None)
    for model in MlflowClient().search_registered_models():
        MlflowClient().delete_registered_model(model.name)


def whole_versions(*, known: Sequence[int] = ()) -> list[int]:
    """Returns the versions that are there; each that is not known yet must be whole."""
    found = versions()
    for number in set(found) - set(known):
        model = load_registered_model(name=NAME, version=number)
        tags = MlflowClient().get_model_version(NAME, str(number)).tags
        assert tags["onnx_sha256"] == hashlib.sha256(model.onnx).hexdigest()
        assert tags["gate_verdict"] == "PASS"
        assert SemanticVersion.parse(tags["semantic_version"])
        assert model.card.version == tags["semantic_version"]
        stored = Path(mlflow.artifacts.download_artifacts(f"models:/{NAME}/{number}/gate_report.json"))
        assert json.loads(stored.read_text())["verdict"] == "PASS"
    return found


def register_and_cut_off(cut: CutOff, slope: float, *, after: int, last_is_answered: bool) -> bool:
    """Registers while the server goes away; returns whether it went away at all."""
    return is_cut_off(cut, lambda: register_brightness(slope), after=after, last_is_answered=last_is_answered)


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_after_whatever_request_it_goes_away(cut: CutOff) -> None:
    register_brightness(1)
    for requests in range(1, _MOST_REQUESTS):
        slope = 1 + requests
        before, champion = versions(), aliases()["champion"]
        if not register_and_cut_off(cut, slope, after=requests, last_is_answered=False):
            break
        left = whole_versions(known=before)
        assert left[: len(before)] == before
        assert len(left) - len(before) in (0, 1)
        assert aliases()["champion"] in (champion, *left[len(before) :])
        number = register_brightness(slope)
        assert whole_versions(known=left) == [*before, number]
        assert aliases() == {"champion": number, "previous": champion}
        assert read_history(MlflowClient(), NAME).problems == ()
        assert load_registered_model(name=NAME, version=number).onnx == make_exported(slope=slope).onnx
    else:
        pytest.fail(f"a registration takes more than {_MOST_REQUESTS} requests")
    assert requests > 20


@pytest.mark.parametrize(
    ("requests", "last_is_answered"),
    [
        pytest.param(0, True, id="before the name is made"),
        pytest.param(1, False, id="when the name is made and nobody hears of it"),
        pytest.param(8, True, id="among the files"),
    ],
)
def test_a_first_model_whose_server_goes_away_is_registered_by_the_next_call(
    cut: CutOff, requests: int, last_is_answered: bool
) -> None:
    assert register_and_cut_off(cut, 1, after=requests, last_is_answered=last_is_answered)
    assert whole_versions() == []
    number = register_brightness(1)
    assert (whole_versions(), aliases()) == ([number], {"champion": number})


def test_a_version_whose_making_nobody_heard_of_is_whole_and_is_not_made_twice(cut: CutOff) -> None:
    register_brightness(1)
    cut.after(None)
    register_brightness(2)
    making = 1 + cut.paths.index("/api/2.0/mlflow/model-versions/create")
    assert register_and_cut_off(cut, 3, after=making, last_is_answered=False)
    assert whole_versions(known=[1, 2]) == [1, 2, 3]
    assert aliases() == {"champion": 2, "previous": 1}
    assert register_brightness(3) == 3
    assert (versions(), aliases()) == ([1, 2, 3], {"champion": 3, "previous": 2})
