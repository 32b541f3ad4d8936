"""The reference that goes with a registered model."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from medimage.errors import DataError
from medimage.monitoring.columns import LABEL, MEAN
from medimage.monitoring.drift_check import check_drift
from medimage.monitoring.reference import MonitoringReference
from tests.support.observed import SHA256, logged_rows, observed, reference_of


def test_a_reference_is_the_same_after_it_was_stored() -> None:
    rows = logged_rows(120, seed=1)
    made = reference_of(rows, truth=["ill", "well"] * 60)
    read = MonitoringReference.from_parquet(made.to_parquet())
    assert read.sha256 == SHA256
    assert read.truth is not None
    assert read.truth.tolist() == ["ill", "well"] * 60
    np.testing.assert_array_equal(read.observations.numbers(MEAN), made.observations.numbers(MEAN))
    np.testing.assert_array_equal(read.observations.names(LABEL), made.observations.names(LABEL))
    np.testing.assert_array_equal(read.observations.probabilities, made.observations.probabilities)
    window = logged_rows(120, seed=2)
    before, after = (check_drift(each.observations, observed(window, each)) for each in (made, read))
    assert before.to_dict() == after.to_dict()


def test_a_reference_names_no_image(tmp_path) -> None:
    rows = logged_rows(60, seed=1)
    content = reference_of(rows).to_parquet()
    (tmp_path / "reference.parquet").write_bytes(content)
    table = pq.read_table(tmp_path / "reference.parquet")
    cells = {str(value) for name in table.schema.names for value in table[name].to_pylist()}
    assert not cells & {name for row in rows for name in (row.prediction_id, row.image.sha256, row.time.isoformat())}


def test_the_same_rows_give_the_same_bytes() -> None:
    assert reference_of(logged_rows(60, seed=1)).to_parquet() == reference_of(logged_rows(60, seed=1)).to_parquet()


def test_a_graph_without_embeddings_has_a_reference_without() -> None:
    rows = [row.__class__(**{**vars(row), "embedding": None}) for row in logged_rows(60, seed=1)]
    read = MonitoringReference.from_parquet(reference_of(rows).to_parquet())
    assert read.projection is None
    assert "embedding_1" not in read.observations.columns


@pytest.mark.parametrize("content", [b"", b"no parquet", b"PAR1 damaged PAR1"])
def test_something_else_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(DataError, match="--reference-images"):
        MonitoringReference.from_parquet(content)


def test_a_damaged_reference_is_refused() -> None:
    content = reference_of(logged_rows(60, seed=1)).to_parquet()
    with pytest.raises(DataError, match="cannot be read"):
        MonitoringReference.from_parquet(content[: len(content) // 2])


def test_a_reference_of_no_image_is_refused() -> None:
    with pytest.raises(ValueError, match="some images"):
        reference_of([])
