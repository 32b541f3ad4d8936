"""Makes a version that came of retraining the champion, where the rules let it, and keeps with it why or why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medimage.registry.aliases import CHAMPION
from medimage.registry.champion_change import Author
from medimage.registry.champion_history import read_history
from medimage.registry.lineage import PREDICTIONS
from medimage.registry.look_up import versions_of
from medimage.registry.promotion import promote_version
from medimage.registry.tracking_server import open_client, registry_errors
from medimage.registry.version_reference import VersionReference
from medimage.registry.version_tags import RETRAINED_BECAUSE, RETRAINING_OUTCOME
from medimage.retraining.outcome import RetrainingOutcome, RetrainingResult
from medimage.retraining.promoted_in_run import author_of

if TYPE_CHECKING:
    from mlflow import MlflowClient

_LONGEST_TAG = 2000
_LONGEST_REASON = 500


def promote_retrained(
    reference: VersionReference, *, because: str, not_better: str, promote: bool, run_id: str
) -> RetrainingOutcome:
    """Promotes a new version by the rules of every promotion, or says why it stays the challenger.

    A version that a person has rolled back does not come back by itself. Nothing is forced.

    Args:
        reference: The version.
        because: Why the champion was trained again.
        not_better: Why the version is not shown to be better than the champion; empty where it is.
        promote: Whether a better one is made the champion.
        run_id: The run, which is the author of the change.

    Raises:
        RegistryError: If the champion is another one by now, or the server cannot be reached or refuses.
    """
    client, name, number = open_client(), reference.name, reference.version
    with registry_errors(f"{reference.title} cannot be made the champion"):
        if str(client.get_registered_model(name).aliases.get(CHAMPION)) == str(number):
            # Of a run that was cut off after the promotion, or that is repeated.
            result, told = RetrainingResult.PROMOTED, "is the champion already"
        elif not_better:
            result, told = (
                RetrainingResult.NOT_BETTER,
                f"is not shown to be better and stays the challenger: {not_better}",
            )
        elif (gone := _rolled_back(client, name, number)) is not None:
            result = RetrainingResult.ROLLED_BACK
            told = (
                f"{'was the champion' if gone == number else f'answers as version {gone}, which was the champion'} and "
                "was rolled back, so it does not become it again by itself: medimage registry "
                f"promote {name}/{number} makes it that"
            )
        elif not promote:
            result = RetrainingResult.BETTER
            told = (
                "is better and waits as the challenger (retraining.promote is false): medimage registry promote "
                f"{name}@challenger makes it the champion"
            )
        else:
            result, told = RetrainingResult.PROMOTED, "is the champion now, because it is shown to be better"
        sentence = f"{reference.title} {told.rstrip('.')}."
        if RETRAINED_BECAUSE not in client.get_model_version(name, str(number)).tags:
            client.set_model_version_tag(name, str(number), RETRAINED_BECAUSE, because[:_LONGEST_TAG])
        if result is RetrainingResult.PROMOTED:
            promote_version(reference, author=Author(by=author_of(run_id), reason=because[:_LONGEST_REASON]))
        client.set_model_version_tag(name, str(number), RETRAINING_OUTCOME, sentence[:_LONGEST_TAG])
    return RetrainingOutcome(result=result, sentence=sentence, version=number)


def _rolled_back(client: MlflowClient, name: str, number: int) -> int | None:
    """Returns the version that was rolled back and answers as this one does, this one first; None without.

    The same model judged by other thresholds is another version, and whoever decided against it meant the model.
    """
    history, versions = read_history(client, name), versions_of(client, name)
    known = {int(found.version): found.tags.get(PREDICTIONS) for found in versions}
    same = [other for other, found in known.items() if found and found == known.get(number) and other != number]
    return next((each for each in (number, *sorted(same)) if history.was_rolled_back(each)), None)
