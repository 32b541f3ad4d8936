"""Environment variables: those that nobody reads, and those that lead away from the workspace."""

import os
from collections.abc import Mapping
from typing import Final

from medimage.config.suggestions import did_you_mean, nearest_names
from medimage.doctor.finding import Finding, State, fine
from medimage.evidence.keys import KEY_VARIABLE
from medimage.hidden_credentials import hide_credentials
from medimage.workspace import WORKSPACE_VARIABLE, local_tracking_uri

_OURS: Final = "MEDIMAGE_"
_KNOWN: Final = (WORKSPACE_VARIABLE, KEY_VARIABLE, "MEDIMAGE_LOG", "MEDIMAGE_RUN_LOG", "MEDIMAGE_TEST_DATA")
_OF_OTHERS: Final = ("MEDIMAGE_SERVE_", "MEDIMAGE_ALERT_", "MEDIMAGE_BENTO_")
"""Beginnings of names that the service, alerts and the images read, which look at them themselves."""


def check_environment(environment: Mapping[str, str] | None = None) -> Finding:
    """Looks at the variables that decide where runs work and how they log.

    Args:
        environment: The variables; those of this process when not given.
    """
    variables = os.environ if environment is None else environment
    # A definition of data may name any variable for its salt.
    unknown = sorted(
        name
        for name in variables
        if name.startswith(_OURS) and name not in _KNOWN and not name.startswith(_OF_OTHERS) and "SALT" not in name
    )
    if unknown:
        guesses = "; ".join(f"{name}{did_you_mean(nearest_names(name, _KNOWN)).rstrip('?')}" for name in unknown)
        return Finding(
            subject="environment",
            state=State.NOTE,
            told=f"variables that nobody reads: {guesses}",
            advice="Correct their names, or take them away.",
        )
    if variables.get("MEDIMAGE_LOG", "") not in ("", "json"):
        return Finding(
            subject="environment",
            state=State.PROBLEM,
            told=f"MEDIMAGE_LOG is {variables['MEDIMAGE_LOG']!r}",
            advice="Set it to json, or take it away: no run begins with it.",
        )
    elsewhere = [
        f"{name} leads to {hide_credentials(variables[name])}"
        for name in ("MLFLOW_TRACKING_URI", "ZENML_STORE_URL")
        if variables.get(name) and variables[name] != local_tracking_uri()
    ]
    return fine("environment", "; ".join(elsewhere) or "nothing leads away from the workspace")
