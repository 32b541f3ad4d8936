"""Which registered model answers where none is named."""

from medimage.errors import ConfigurationError
from medimage.registry.aliases import CHAMPION
from medimage.registry.find_models import find_version_called, registered_models
from medimage.registry.version_reference import VersionReference
from medimage.wording import listed


def find_answering_model(called: str | None) -> VersionReference:
    """Finds the model that is to answer.

    Args:
        called: `NAME@ALIAS`, `NAME/VERSION`, or `NAME` alone; None for the only champion there is.

    Raises:
        ConfigurationError: If it is not there, or none is named and there is no champion or several.
        RegistryError: If the tracking server cannot be reached or refuses.
    """
    if called is None:
        champions = sorted(name for name, model in registered_models().items() if CHAMPION in model.aliases)
        if len(champions) != 1:
            there = f"there are {listed(champions)}" if champions else "there is none"
            raise ConfigurationError(f"--model: name the model, as NAME@ALIAS or NAME/VERSION: of champions {there}")
        called = f"{champions[0]}@{CHAMPION}"
    try:
        return find_version_called(called)
    except ConfigurationError as error:
        raise ConfigurationError(f"--model: {error}") from error
