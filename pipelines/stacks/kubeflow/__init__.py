"""Kubeflow Pipelines: ZenML's orchestrator for it, corrected, and what it is given of a stack."""
