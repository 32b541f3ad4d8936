"""A stand-in for Kubeflow, shared by the tests of this folder."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.kubeflow_stack import StoodInKubeflow


@pytest.fixture(scope="session")
def stood_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator["StoodInKubeflow"]:
    """Kubeflow with a stack registered from a definition by the command."""
    for package in ("boto3", "moto", "kfp.kubernetes", "s3fs"):
        pytest.importorskip(package, reason=f"{package} is missing: it comes with the extras dev, kubernetes, kubeflow")
    from tests.support.kubeflow_stack import stood_in_kubeflow

    with stood_in_kubeflow(tmp_path_factory.mktemp("kubeflow")) as stood_in:
        registered = stood_in.run("pipelines.register_stack", "--stack", str(stood_in.definition))
        assert registered.returncode == 0, registered.stderr
        assert "orchestrator test-kubeflow (medimage-kubeflow): registered" in registered.stdout
        yield stood_in
