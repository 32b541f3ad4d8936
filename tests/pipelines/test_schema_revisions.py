from mlflow.store.db.utils import _get_latest_schema_revision

from pipelines.schema_revisions import known_revisions


def test_the_versions_of_the_installed_packages_are_known_and_later_ones_are_not() -> None:
    known = known_revisions()
    assert _get_latest_schema_revision() in known["mlflow.db"]
    assert {"0.98.0", "0.97.0"} <= known["zenml.db"]
    assert "99.0.0" not in known["zenml.db"]
