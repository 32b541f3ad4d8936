"""Step: how a model came to be, without its weights."""

from typing import Annotated

from zenml import step

from materializers.training_record import TrainingRecordMaterializer
from medimage.models.trained_model import TrainedModel
from medimage.models.training_record import TrainingRecord
from steps.code_files import cache_on_code


@step(output_materializers={"training": TrainingRecordMaterializer}, cache_policy=cache_on_code(__name__))
def record_training(model: TrainedModel) -> Annotated[TrainingRecord, "training"]:
    """Takes specification and history off a model, so that a step over many models need not load their weights.

    Args:
        model: The trained model.
    """
    return TrainingRecord.of(model)
