"""Step: predict the validation and test images, and measure."""

from typing import Annotated

from zenml import step

from materializers.evaluation import EvaluationMaterializer
from medimage.config.evaluation import EvaluationConfig
from medimage.config.training import DeviceName
from medimage.data.image_table import ImageTable
from medimage.data.pixel_store import PixelStore
from medimage.data.split import Split
from medimage.evaluation.evaluate import evaluate
from medimage.evaluation.evaluation import Evaluation
from medimage.models.trained_model import TrainedModel
from steps.code_files import cache_on_code
from steps.test_set_ledger import count_candidates


@step(output_materializers={"evaluation": EvaluationMaterializer}, cache_policy=cache_on_code(__name__))
def evaluate_model(
    model: TrainedModel,
    images: ImageTable,
    pixels: PixelStore,
    split: Split,
    evaluation: EvaluationConfig,
    device: DeviceName,
    seed: int,
) -> Annotated[Evaluation, "evaluation"]:
    """Fits the temperature on validation images, then measures the test images once.

    Args:
        model: The trained model.
        images: The encoded images, to time the way from file bytes to probabilities.
        pixels: Decoded images.
        split: Which images are for what.
        evaluation: Confidence level, resamples, bins, images to time.
        device: Device to predict on; the time for one image is measured on the CPU, where the service runs.
        seed: Seed of the bootstrap.
    """
    # Imported here because PyTorch takes seconds to import, which a run of cached steps should not wait for.
    from medimage.models.judged import predict_part, time_model  # noqa: PLC0415

    test = predict_part(model, pixels, split, part="test", device=device)
    return evaluate(
        validation=predict_part(model, pixels, split, part="validation", device=device),
        test=test,
        latency=time_model(model, images, split, count=evaluation.latency_images),
        config=evaluation,
        seed=seed,
        candidates=count_candidates(test),
    )
