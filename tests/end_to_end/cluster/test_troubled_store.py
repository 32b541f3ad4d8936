"""An artifact store that is full, or gone, in the middle of a run on a stand-in for a cluster."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.clusters import StoodInCluster
from tests.support.kubernetes_pods import Fault
from tests.support.pod_pipelines import BEGUN
from tests.support.troubled_store import TroubledStore

pytestmark = [pytest.mark.proof, pytest.mark.end_to_end, pytest.mark.timeout(900)]

PIPELINE = "tests.support.pods_command"


@pytest.fixture
def store(cluster: StoodInCluster) -> Iterator[TroubledStore]:
    """The artifact store of the cluster, which is well again afterwards."""
    assert cluster.store is not None
    yield cluster.store
    cluster.store.be_well()


def in_the_second_step(act: Callable[[], None]) -> Fault:
    """Returns a fault that kills nothing, and acts as soon as the step's work has begun."""

    def look(log: str) -> bool:
        if BEGUN in log:
            act()
        return False

    return Fault(kill=look)


@pytest.mark.parametrize(
    ("trouble", "words", "tries"),
    [
        (TroubledStore.be_full, "the artifact store is full", 2),
        # The pod that starts the steps finds no place for the outputs of a second try.
        (TroubledStore.be_gone, "the artifact store does not answer", 1),
    ],
)
def test_a_run_whose_store_is_in_trouble_ends_with_the_reason_and_works_once_it_is_mended(
    cluster: StoodInCluster, store: TroubledStore, trouble: Callable[[TroubledStore], None], words: str, tries: int
) -> None:
    cluster.fail({"train_stage2": in_the_second_step(lambda: trouble(store))}, times=9)
    run = cluster.run(PIPELINE)
    assert run.returncode == 1, run.stdout[-2000:]
    assert f"({words}; finished steps are kept: mend it and start the same command again)" in run.stderr, run.stderr
    assert "train_stage2: " in run.stderr
    assert "Traceback" not in run.stderr
    assert [len(cluster.pods(step)) for step in ("download_dataset", "train_stage2", "package_bento")] == [1, tries, 0]

    store.be_well()
    cluster.fail({})
    again = cluster.run(PIPELINE)
    assert again.returncode == 0, again.stderr
    assert "completed: 7 plain" in again.stdout
