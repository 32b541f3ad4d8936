"""What is shown of an exported model: no agreement of a graph that was never compared."""

import dataclasses
import uuid

from zenml.client import Client

from materializers.exported_model import ExportedModelMaterializer
from medimage.export.exported_model import ExportedModel
from tests.support.exported import make_exported
from tests.support.precisions import REDUCTION


def materializer() -> ExportedModelMaterializer:
    store = Client().active_stack.artifact_store
    uri = f"{store.path}/tests/{uuid.uuid4()}"
    store.makedirs(uri)
    return ExportedModelMaterializer(uri, store)


def page(data: ExportedModel) -> str:
    return str(materializer().views(data)["export.md"])


def test_the_agreement_of_a_graph_in_single_precision_is_shown() -> None:
    assert "largest_difference" in materializer().extract_metadata(make_exported())
    assert "that it was made of" not in page(make_exported())


def test_a_graph_in_fewer_bits_is_not_given_the_agreement_of_the_one_it_was_made_of() -> None:
    reduced = dataclasses.replace(make_exported(), reduction=REDUCTION)
    shown = materializer().extract_metadata(reduced)
    assert shown["precision"] == REDUCTION.precision
    assert shown["full_precision_sha256"] == REDUCTION.full_precision_sha256
    assert not [name for name in shown if "difference" in name or "compared" in name]
    told = page(reduced)
    assert f"computes in {REDUCTION.precision}" in told
    assert REDUCTION.full_precision_sha256 in told
