"""ZenML steps: glue between artifacts and the domain library, one step per file."""

from medimage.workspace import configure_environment

# In a pod of its own a step is loaded without the pipeline's module, and needs the same environment.
configure_environment()
