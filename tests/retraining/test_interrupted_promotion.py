"""A registry that goes away while a retrained version is promoted leaves one champion; the next run finishes it."""

from collections.abc import Callable

import pytest
from mlflow import MlflowClient

from medimage.registry.champion_history import read_history
from medimage.registry.find_models import find_version_called
from medimage.retraining.outcome import RetrainingResult
from medimage.retraining.promote_retrained import promote_retrained
from tests.support.cut_off import CutOff, is_cut_off
from tests.support.registered import NAME, aliases, register_brightness, versions

_MOST_REQUESTS = 60


def promote() -> None:
    outcome = promote_retrained(
        find_version_called(f"{NAME}/2"), because="It is old.", not_better="", promote=True, run_id="retrain-1"
    )
    assert outcome.result is RetrainingResult.PROMOTED


@pytest.mark.proof
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("last_is_answered", [True, False])
def test_after_whatever_request_it_goes_away(
    proxy: CutOff, tracking_uri: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, last_is_answered: bool
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    tracking_uri(proxy.address)
    for requests in range(1, _MOST_REQUESTS):
        register_brightness(1)
        register_brightness(2, alias="challenger", compared_with=1)
        was_cut_off = is_cut_off(proxy, promote, after=requests, last_is_answered=last_is_answered)
        assert aliases()["champion"] in (1, 2)
        promote()
        assert aliases() == {"champion": 2, "previous": 1}
        assert versions() == [1, 2]
        assert read_history(MlflowClient(), NAME).problems == ()
        assert "champion" in MlflowClient().get_model_version(NAME, "2").tags["retraining_outcome"]
        proxy.after(None)
        MlflowClient().delete_registered_model(NAME)
        if not was_cut_off:
            break
    assert not was_cut_off
    assert requests > 8
