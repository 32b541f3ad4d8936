"""What runs, in which order: one module per pipeline, each started with `python -m`."""

import os

from medimage.workspace import configure_environment

# ZenML, MLflow and BentoML read the environment when they are imported, so this comes before any of them.
configure_environment()

if os.environ.get("MEDIMAGE_LOG") == "json":
    # Imported only then, because commands that log nothing should not wait for it. Pods come here by their first step.
    from pipelines.run_logs import configure_console

    configure_console()
