"""Without Kubeflow's packages, it is said which extra brings them."""

import sys

import pytest

from medimage.config.stack.loading import load_stack
from medimage.errors import StackError
from pipelines.stacks.checks import stack_problems
from pipelines.stacks.kubeflow.flavor import MedimageKubeflowFlavor
from tests.conftest import PROJECT


@pytest.fixture
def without_kfp(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "kfp" or "stacks.kubeflow." in name]:
        monkeypatch.delitem(sys.modules, name)
    # Python finds no module of a name that stands there with nothing.
    monkeypatch.setitem(sys.modules, "kfp", None)


@pytest.mark.usefixtures("without_kfp")
def test_registration_names_the_extras() -> None:
    (problem,) = stack_problems(load_stack(PROJECT / "configs" / "stacks" / "kubeflow.yaml"))
    assert "kfp, kfp-kubernetes is missing" in problem
    assert "medimage[kubernetes,kubeflow]" in problem


@pytest.mark.usefixtures("without_kfp")
def test_a_run_on_a_stack_that_is_registered_names_them_too() -> None:
    with pytest.raises(StackError, match="kfp is missing here") as caught:
        _ = MedimageKubeflowFlavor().implementation_class
    assert "medimage[kubernetes,kubeflow]" in str(caught.value)
