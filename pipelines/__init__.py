"""What runs, in which order: one module per pipeline, each started with `python -m`."""

from medimage.workspace import configure_environment

# ZenML, MLflow and BentoML read the environment when they are imported, so this comes before any of them.
configure_environment()
