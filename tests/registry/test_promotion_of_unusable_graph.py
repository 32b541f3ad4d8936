"""A graph that nobody could be answered by becomes the champion by force alone."""

from dataclasses import replace

import pytest

from medimage.errors import RegistryError
from medimage.registry.champion_change import Author
from medimage.registry.find_models import find_version_called
from medimage.registry.model_registry import register_model
from medimage.registry.promotion import promote_version
from tests.support.exported import brightness_onnx, make_card, make_exported, make_gate_report, make_lineage
from tests.support.registered import NAME, aliases, register_brightness

ANNA = Author(by="anna")
FORCED = Author(by="anna", reason="the clinic's machines have the other version", force=True)


@pytest.mark.usefixtures("database")
def test_a_graph_for_another_version_of_preprocessing_is_not_promoted_unless_forced() -> None:
    register_brightness(1)
    register_model(
        exported=replace(make_exported(), onnx=brightness_onnx(preprocessing_version="0")),
        card=make_card(evidence_hash="e9"),
        gate_report=make_gate_report(),
        lineage=make_lineage(comparison="show"),
        name=NAME,
        experiment="lung",
        alias="challenger",
    )
    unusable = find_version_called(f"{NAME}@challenger")
    with pytest.raises(RegistryError, match=r"nobody could be answered by it: .* preprocessing version 1"):
        promote_version(unusable, author=ANNA)
    assert aliases()["champion"] == 1
    assert len(promote_version(unusable, author=FORCED).overruled) == 1
    assert aliases()["champion"] == 2
