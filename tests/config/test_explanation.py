import pytest
from pydantic import ValidationError

from medimage.config.evaluation import ExplanationConfig


def test_the_methods_are_one_that_looks_at_the_last_layer_and_one_that_looks_at_all() -> None:
    assert ExplanationConfig().methods == ("grad_cam", "integrated_gradients")


@pytest.mark.parametrize(
    ("methods", "reason"),
    [
        ((), "at least 1"),
        (("grad_cam", "grad_cam"), "names one twice"),
        (("score_cam",), "Input should be 'grad_cam'"),
    ],
)
def test_methods_that_make_no_sense_are_refused(methods: tuple[str, ...], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        ExplanationConfig.model_validate({"methods": methods})
