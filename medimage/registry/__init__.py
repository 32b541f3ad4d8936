"""The model registry: versions, aliases, model cards."""
