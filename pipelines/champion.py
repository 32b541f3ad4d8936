"""Which registered model a run holds its candidate against."""

from typing import Any

from medimage.config.run import RunConfig
from medimage.errors import RegistryError
from medimage.registry.champion import find_champion
from medimage.registry.version_reference import VersionReference
from pipelines.run_settings import RunSettings, resolve_run_settings
from pipelines.static_form import is_static


def resolve_with_champion(config: RunConfig) -> RunSettings:
    """Works out the settings of a run, the champion among them, before anything is done to the data.

    Args:
        config: The run's configuration.

    Raises:
        ConfigurationError: As `resolve_run_settings`, whose other errors may come as well.
        RegistryError: If the registry cannot be asked for the champion.
    """
    settings = resolve_run_settings(config)
    if config.gate.champion.comparison == "off":
        return settings
    try:
        champion = find_champion(settings.registered_name)
    except RegistryError as error:
        raise RegistryError(
            f"{error} The registry is needed for the comparison with the champion; with gate.champion.comparison: off "
            "nothing is compared, and training needs no registry."
        ) from error
    return settings.model_copy(update={"champion": champion})


def opponent_of(evaluation: Any, settings: RunSettings) -> VersionReference | None:
    """Returns what a candidate is held against, None where there is no other champion.

    Where no step is run before all are known, nobody knows yet whether the candidate is the champion itself: it is held
    against the champion, and the comparison says where the two are the same model.

    Args:
        evaluation: The artifact of the candidate's evaluation.
        settings: The run's settings.
    """
    if settings.champion is None:
        return None
    if is_static():
        return settings.champion.reference
    return settings.champion.opponent_of(evaluation.load().test.content_hash)
