"""Step: heat maps of one candidate, on the images that all candidates are explained on."""

from typing import Annotated

from zenml import step

from materializers.explanation import ExplanationMaterializer
from medimage.config.evaluation import ExplanationConfig
from medimage.data.image_table import ImageTable
from medimage.data.pixel_store import PixelStore
from medimage.data.split import Split
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.explanation.explanation_result import Explanation
from medimage.evaluation.explanation.shared_cases import select_shared_cases
from medimage.models.trained_model import TrainedModel
from steps.code_files import cache_on_code

_ALL = 64
"""Every image that was chosen is explained: more than `explanation.images_per_class` can be."""


@step(output_materializers={"explanation": ExplanationMaterializer}, cache_policy=cache_on_code(__name__))
def explain_candidate(
    model: TrainedModel,
    images: ImageTable,
    pixels: PixelStore,
    split: Split,
    evaluations: list[Evaluation],
    place: int,
    explanation: ExplanationConfig,
    seed: int,
) -> Annotated[Explanation, "explanation"]:
    """Explains the images on which candidates disagree, then those that all get wrong, then ordinary ones.

    Args:
        model: The candidate's model.
        images: Knows the lesions, where the source does.
        pixels: Decoded images.
        split: Which of them are test images.
        evaluations: The predictions of all candidates.
        place: Which of them are the candidate's.
        explanation: How many images, and in how many steps faithfulness is measured.
        seed: Seed of the random maps.
    """
    # Imported here because PyTorch takes seconds to import, which a run of cached steps should not wait for.
    from medimage.evaluation.explanation.explanation import explain  # noqa: PLC0415
    from medimage.models.build import load_network  # noqa: PLC0415

    test = pixels.part(split, "test")
    probabilities = [evaluation.probabilities() for evaluation in evaluations]
    rows = select_shared_cases(test.labels, probabilities, per_class=explanation.images_per_class)
    return explain(
        load_network(model),
        test.take(rows),
        probabilities[place][rows],
        config=explanation.model_copy(update={"images_per_class": _ALL}),
        seed=seed,
        lesions=images.lesion_boxes(size=pixels.size),
    )
