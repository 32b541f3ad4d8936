"""How many models have been judged on a test set: the more there were, the less the best of them proves."""

from zenml.client import Client

from materializers.evaluation import CANDIDATE_KEY, TEST_SET_KEY
from medimage.evaluation.predictions import PredictionsOnTest

_PAGE = 500


def count_candidates(test: PredictionsOnTest) -> int:
    """Returns how many models have been judged on these test images, this one included.

    Judging one model again does not count twice.

    Args:
        test: The model's predictions on them.
    """
    seen = {test.content_hash}
    client, page = Client(), 1
    while True:
        versions = client.list_artifact_versions(
            artifact="evaluation",
            run_metadata=[f"{TEST_SET_KEY}:{test.image_set}"],
            hydrate=True,
            size=_PAGE,
            page=page,
        )
        seen |= {str(version.run_metadata[CANDIDATE_KEY]) for version in versions.items}
        if page >= versions.total_pages:
            return len(seen)
        page += 1
