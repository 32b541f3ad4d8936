"""Step: one table of the answers that several steps have given."""

from typing import Annotated

from zenml import step

from materializers.prediction_table import PredictionTableMaterializer
from medimage.inference.prediction_table import PredictionTable
from steps.code_files import cache_on_code


@step(output_materializers={"predictions": PredictionTableMaterializer}, cache_policy=cache_on_code(__name__))
def join_predictions(parts: list[PredictionTable]) -> Annotated[PredictionTable, "predictions"]:
    """Puts the answers of all shares one below the other, as one step would have given them.

    Args:
        parts: The answers of each share, in the order of the shares.
    """
    return PredictionTable.joined(parts)
