"""A server that goes away during a promotion or a rollback leaves one champion; the same command again finishes it."""

from collections.abc import Callable, Iterator

import pytest
from mlflow import MlflowClient

from medimage.registry.champion_change import Author
from medimage.registry.champion_history import read_history
from medimage.registry.find_models import find_version_called
from medimage.registry.promotion import promote_version
from medimage.registry.rollback import roll_back
from tests.support.cut_off import CutOff, is_cut_off
from tests.support.registered import NAME, aliases, register_brightness

ANNA = Author(by="anna")
BROUGHT_BACK = {"champion": 3, "previous": 2}
_MOST_REQUESTS = 60


@pytest.fixture
def cut(proxy: CutOff, tracking_uri: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> Iterator[CutOff]:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    tracking_uri(proxy.address)
    for slope in (1, 2, 3):
        register_brightness(slope, comparison="show")
    assert aliases() == BROUGHT_BACK
    yield proxy
    proxy.after(None)
    MlflowClient().delete_registered_model(NAME)


def promote() -> None:
    promote_version(find_version_called(f"{NAME}/1"), author=ANNA)


def bring_back() -> None:
    roll_back(NAME, author=ANNA)


@pytest.mark.proof
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("last_is_answered", [True, False])
def test_after_whatever_request_it_goes_away(cut: CutOff, last_is_answered: bool) -> None:
    promotion_ends = rollback_ends = False
    for requests in range(1, _MOST_REQUESTS):
        promotion_ends = not is_cut_off(cut, promote, after=requests, last_is_answered=last_is_answered)
        assert aliases()["champion"] in (1, 3)
        promote()
        assert aliases() == {"champion": 1, "previous": 3}
        rollback_ends = not is_cut_off(cut, bring_back, after=requests, last_is_answered=last_is_answered)
        assert aliases()["champion"] in (1, 3)
        # The error says to look before another rollback: one whose last answer was lost is whole, and another one would
        # go a version further back. One that is not whole is finished by the same command.
        if aliases() != BROUGHT_BACK:
            bring_back()
        assert aliases() == BROUGHT_BACK
        assert read_history(MlflowClient(), NAME).problems == ()
        if promotion_ends and rollback_ends:
            break
    assert promotion_ends
    assert rollback_ends
    assert requests > 8
