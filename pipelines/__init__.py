"""What runs, in which order: one module per pipeline, each started with `python -m`."""

import logging

from medimage.workspace import configure_environment

# ZenML, MLflow and BentoML read the environment when they are imported, so this comes before any of them.
configure_environment()

# They tell every step of their own start-up, which hides what a person wants to follow.
for _chatty in ("great_expectations", "alembic", "mlflow.store", "mlflow.tracking", "matplotlib", "graphviz"):
    logging.getLogger(_chatty).setLevel(logging.WARNING)
