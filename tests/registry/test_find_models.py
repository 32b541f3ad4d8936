import pytest
from mlflow import MlflowClient

from medimage.errors import ConfigurationError
from medimage.registry.find_models import find_models
from medimage.registry.model_registry import register_model
from tests.support.exported import make_card, make_exported, make_gate_report, make_lineage


@pytest.fixture
def registry(database) -> None:
    """Two versions of a model, of which one is the champion, and a version that something else registered."""
    del database
    for slope in (1.0, 2.0):
        register_model(
            exported=make_exported(slope=slope),
            card=make_card(evidence_hash=f"e{slope}"),
            gate_report=make_gate_report(),
            lineage=make_lineage(),
            name="lung",
            experiment="lung",
        )
    client = MlflowClient()
    client.create_registered_model("foreign")
    client.create_model_version("foreign", source="file:///nowhere")


def titles(*called: str) -> list[str]:
    return [model.title for model in find_models(called)]


@pytest.mark.usefixtures("registry")
def test_models_are_found_by_alias_and_number_each_once() -> None:
    assert titles("lung@champion", "lung/1", "lung/2") == ["lung version 2", "lung version 1"]
    assert titles("all") == ["lung version 1", "lung version 2"]
    assert find_models(["lung@champion"])[0].onnx_sha256 == make_exported(slope=2.0).sha256


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    ("called", "expected"),
    [
        (("lang@champion",), "no registered model 'lang'; did you mean lung"),
        (("xyz@champion",), "there are foreign and lung"),
        (("lung@champ",), "no such alias; did you mean champion"),
        (("lung@zzz",), "its aliases: champion and previous"),
        (("lung/7",), "its versions: 1 and 2"),
        (("lung",), "expected NAME@ALIAS or NAME/VERSION"),
        (("all", "lung/1"), "or all alone"),
        ((), "got nothing"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(called: tuple[str, ...], expected: str) -> None:
    with pytest.raises(ConfigurationError, match=expected):
        find_models(called)


@pytest.mark.usefixtures("registry")
def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as raised:
        find_models(["lung@zzz", "nobody/1"])
    assert str(raised.value).count("--models: ") == 2


@pytest.mark.usefixtures("database")
def test_an_empty_registry_is_told() -> None:
    with pytest.raises(ConfigurationError, match="no model is registered"):
        find_models(["all"])
