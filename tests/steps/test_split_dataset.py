"""Which division a run takes from the cache, in the order in which runs would come."""

from typing import Annotated, Any

from zenml import pipeline, step
from zenml.client import Client

from materializers.data_audit import DataAuditMaterializer
from medimage.config.run import RunConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.split import Split
from pipelines.definitions.parts import divide
from tests.support.rows_to_split import audited, patients


@step(output_materializers={"audit": DataAuditMaterializer})
def give_audit() -> Annotated[DataAudit, "audit"]:
    return audited(*patients(60, 2))


@pipeline(dynamic=True)
def only_divide(config: RunConfig) -> None:
    divide(give_audit(), config, split=config.split)


def run(**split: Any) -> tuple[Split, bool]:
    """Returns the division that a run uses, and whether it comes from the cache."""
    config = RunConfig.model_validate(
        {"problem": "reused", "data": {"source": "synthetic"}, "model": {"pretrained": False}, "split": split}
    )
    only_divide(config=config)
    last = Client().get_pipeline(only_divide.name).last_run.steps["split_dataset"]
    return last.outputs["split"][0].load(), last.status == "cached"


def test_folds_are_divided_again_without_a_test_set_that_was_locked_since_and_else_taken_from_the_cache() -> None:
    before, _ = run(folds=3)
    assert before.left_out == ()
    plain, _ = run()
    after, is_cached = run(folds=3)
    assert not is_cached
    assert {image.image_id for image in after.left_out} == {plain.image_ids[row] for row in plain.rows("test")}
    again, is_cached = run(folds=3)
    assert is_cached
    assert again == after
