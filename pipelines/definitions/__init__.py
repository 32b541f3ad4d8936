"""The pipelines themselves: which steps run, in which order."""
