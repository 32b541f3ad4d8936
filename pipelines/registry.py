"""The registered models: what there is, what speaks for a version, and which one is in use.

`medimage registry list|show|promote|rollback`
"""

import json
import logging
import sys
from typing import Any

from medimage.errors import ConfigurationError, MedimageError
from medimage.exit_codes import PASSED, call_and_exit
from medimage.hidden_credentials import hide_credentials
from medimage.registry.champion_change import Author
from medimage.retraining.begun import begun_retrainings
from medimage.whole_file import write_whole
from medimage.workspace import require_whole_workspace
from pipelines.registry_arguments import RegistryArguments, read_arguments

logger = logging.getLogger(__name__)


def run(arguments: RegistryArguments) -> int:
    """Does what was asked for, and tells it.

    Args:
        arguments: What was asked for.

    Returns:
        The exit code.

    Raises:
        ConfigurationError: If there is no such model or version.
        GateNotPassedError: If a version without a passed gate was to be promoted.
        RegistryError: If the registry cannot be reached or refuses.
        MedimageError: If the champion was changed, and ZenML could not be told.
    """
    act = {"list": _list, "show": _show, "promote": _promote, "rollback": _roll_back}[arguments.action]
    answer = act(arguments.called, arguments.author)
    if arguments.summary is not None:
        text = json.dumps(answer, indent=2, ensure_ascii=False, allow_nan=False)
        write_whole(arguments.summary, text.encode("utf-8", errors="backslashreplace") + b"\n")
    # Last, because neither a rollback nor the registry that it is made in may depend on it.
    _finish_retrainings()
    return PASSED


def _finish_retrainings() -> None:
    """Does what a retraining that was killed after its promotion left undone; what cannot be done is a warning."""
    if not begun_retrainings():
        return
    from pipelines.zenml_database import is_zenml_set_up, open_zenml  # noqa: PLC0415

    if not is_zenml_set_up():
        return
    try:
        open_zenml()
        from pipelines.begun_retrainings import finish_all_begun  # noqa: PLC0415

        finish_all_begun()
    except Exception as error:
        logger.warning("Whether retrainings left something undone cannot be seen now: %s", hide_credentials(str(error)))


def main() -> int:
    """Reads the command line, does what it asks for, and returns the exit code."""
    arguments = read_arguments(sys.argv[1:])
    require_whole_workspace()
    return run(arguments)


# MLflow and what draws tables take seconds to import: a wrong command is told at once.


def _list(called: str | None, _: Author) -> Any:
    from medimage.registry.model_list import list_models  # noqa: PLC0415
    from pipelines.registry_tables import tell_models  # noqa: PLC0415

    models = list_models(called)
    tell_models(models)
    return [model.to_dict() for model in models]


def _show(called: str | None, _: Author) -> Any:
    from medimage.registry.find_models import find_version_called  # noqa: PLC0415
    from medimage.registry.version_details import read_version_details  # noqa: PLC0415
    from pipelines.registry_tables import tell_version  # noqa: PLC0415

    details = read_version_details(find_version_called(called or ""))
    tell_version(details)
    return details.to_dict()


def _promote(called: str | None, author: Author) -> Any:
    from medimage.registry.find_models import find_version_called  # noqa: PLC0415
    from medimage.registry.promotion import promote_version  # noqa: PLC0415
    from pipelines.registry_tables import tell_change  # noqa: PLC0415

    if called is None or not {"@", "/"} & set(called):
        raise ConfigurationError(
            f"medimage registry promote: expected NAME@challenger or NAME/VERSION but got {called or 'nothing'}: say "
            "which version is to be the champion"
        )
    changed = promote_version(find_version_called(called), author=author)
    tell_change(changed)
    _stage(changed.name, changed.champion)
    return changed.to_dict()


def _roll_back(called: str | None, author: Author) -> Any:
    from medimage.registry.find_models import find_model_called  # noqa: PLC0415
    from medimage.registry.rollback import roll_back  # noqa: PLC0415
    from pipelines.registry_tables import tell_change  # noqa: PLC0415

    changed = roll_back(find_model_called(called or "").name, author=author)
    tell_change(changed)
    _stage(changed.name, changed.champion)
    return changed.to_dict()


def _stage(name: str, champion: int) -> None:
    """Gives the versions in ZenML the stages that go with their aliases, where there is a ZenML."""
    from pipelines.zenml_database import is_zenml_set_up, open_zenml  # noqa: PLC0415

    if not is_zenml_set_up():
        return
    try:
        open_zenml()
        from steps.control_plane import stage_versions  # noqa: PLC0415

        stage_versions(name)
    except Exception as error:
        raise MedimageError(
            f"{name} version {champion} is the champion now, but the stages in ZenML are still those of before "
            f"({str(error).partition(chr(10))[0].rstrip('.')}). medimage registry promote {name}/{champion} sets them "
            "and changes nothing else."
        ) from error


if __name__ == "__main__":
    call_and_exit(main)
