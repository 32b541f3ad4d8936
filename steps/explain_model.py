"""Step: heat maps of a selection of test images, and their faithfulness."""

from typing import Annotated

from zenml import step

from materializers.explanation import ExplanationMaterializer
from medimage.config.evaluation import ExplanationConfig
from medimage.data.image_table import ImageTable
from medimage.data.pixel_store import PixelStore
from medimage.data.split import Split
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.explanation.explanation_result import Explanation
from medimage.models.trained_model import TrainedModel
from steps.code_files import cache_on_code


@step(output_materializers={"explanation": ExplanationMaterializer}, cache_policy=cache_on_code(__name__))
def explain_model(
    model: TrainedModel,
    images: ImageTable,
    pixels: PixelStore,
    split: Split,
    evaluation: Evaluation,
    explanation: ExplanationConfig,
    seed: int,
) -> Annotated[Explanation, "explanation"]:
    """Explains wrong, uncertain and ordinary predictions of every class.

    Args:
        model: The trained model.
        images: Knows the lesions, where the source does.
        pixels: Decoded images.
        split: Which of them are test images.
        evaluation: Their predictions.
        explanation: How many images, and in how many steps faithfulness is measured.
        seed: Seed of the random maps.
    """
    # Imported here because PyTorch takes seconds to import, which a run of cached steps should not wait for.
    from medimage.evaluation.explanation.explanation import explain  # noqa: PLC0415
    from medimage.models.build import load_network  # noqa: PLC0415

    return explain(
        load_network(model),
        pixels.part(split, "test"),
        evaluation.probabilities(),
        config=explanation,
        seed=seed,
        lesions=images.lesion_boxes(size=pixels.size),
    )
