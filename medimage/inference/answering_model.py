"""Which registered model answers where none is named."""

from medimage.errors import ConfigurationError
from medimage.registry.aliases import CHAMPION
from medimage.registry.find_models import ALL, find_models, names_with_alias
from medimage.registry.version_reference import VersionReference
from medimage.wording import listed


def find_answering_model(called: str | None) -> VersionReference:
    """Finds the model that is to answer.

    Args:
        called: `NAME@ALIAS` or `NAME/VERSION`; None for the only champion there is.

    Raises:
        ConfigurationError: If it is not there, or none is named and there is no champion or several.
        RegistryError: If the tracking server cannot be reached or refuses.
    """
    if called == ALL:
        raise ConfigurationError("--model: expected one model, as NAME@ALIAS or NAME/VERSION, but got all")
    if called is not None:
        (found,) = find_models([called], option="--model")
        return found
    champions = names_with_alias(CHAMPION)
    if len(champions) != 1:
        there = f"there are {listed(champions)}" if champions else "there is none"
        raise ConfigurationError(f"--model: name the model, as NAME@ALIAS or NAME/VERSION: of champions {there}")
    (found,) = find_models([f"{champions[0]}@{CHAMPION}"], option="--model")
    return found
