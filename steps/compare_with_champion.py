"""Step: hold the candidate against the champion, the model in use, on the same test images."""

from typing import Annotated, Literal

from zenml import step

from materializers.champion_comparison import ChampionComparisonMaterializer
from medimage.config.evaluation import EvaluationConfig
from medimage.data.image_table import ImageTable
from medimage.evaluation.comparison.champion_comparison import ChampionComparison
from medimage.evaluation.evaluation import Evaluation
from medimage.registry.compare_with_champion import compare_with_champion as compare
from medimage.registry.compare_with_champion import without_champion
from medimage.registry.registered_model import load_registered_model
from medimage.registry.version_reference import VersionReference
from steps.code_files import cache_on_code


@step(
    output_materializers={"champion_comparison": ChampionComparisonMaterializer}, cache_policy=cache_on_code(__name__)
)
def compare_with_champion(
    evaluation: Evaluation,
    images: ImageTable,
    champion: VersionReference | None,
    comparison: Literal["require", "show", "off"],
    config: EvaluationConfig,
    tolerance: float,
    seed: int,
) -> Annotated[ChampionComparison, "champion_comparison"]:
    """Compares the candidate with the champion, or says why they cannot be compared.

    Args:
        evaluation: The candidate.
        images: The encoded images.
        champion: What to compare with, as it was found before the run; none where there is no other champion.
        comparison: Section `gate.champion.comparison`.
        config: Confidence level and resamples.
        tolerance: The champion is the candidate itself where no probability differs by more.
        seed: Seed of the bootstrap.
    """
    if champion is None:
        return without_champion(evaluation, off=comparison == "off")
    model = load_registered_model(name=champion.name, version=champion.version)
    return compare(evaluation, images, model, config=config, tolerance=tolerance, seed=seed)
