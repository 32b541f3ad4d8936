"""The model registry: whether it answers, and what is in it."""

import os

from medimage.doctor.finding import Finding, State, fine
from medimage.errors import RegistryError
from medimage.hidden_credentials import hide_credentials
from medimage.registry.model_list import ListedModel, list_models
from medimage.registry.tracking_server import open_client, store_exists


def check_registry() -> Finding:
    """Asks MLflow, which takes some seconds to import."""
    address = hide_credentials(os.environ["MLFLOW_TRACKING_URI"])
    try:
        if not store_exists():
            return fine("registry", f"none yet: the first run makes it ({address})")
        open_client()
        models = list_models(None)
    except RegistryError as error:
        told, _, advice = str(error).partition(". ")
        return Finding(
            subject="registry",
            state=State.PROBLEM,
            told=told,
            advice=advice or "Check MLFLOW_TRACKING_URI and the server.",
        )
    return fine("registry", f"{_counted(models)} ({address})")


def _counted(models: tuple[ListedModel, ...]) -> str:
    served = sum(any("champion" in version.aliases for version in model.versions) for model in models)
    return f"{len(models)} models, {served} of them with a champion"
