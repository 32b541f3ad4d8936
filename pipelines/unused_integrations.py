"""Which of ZenML's integrations a run does without."""

from zenml.integrations.registry import integration_registry

_UNUSED = ("bentoml", "numpy", "pillow", "pytorch", "scipy", "sklearn")
"""Integrations of packages that every artifact of ours has a materializer of its own for. ZenML activates whatever is
installed; these import PyTorch, scikit-learn, SciPy and BentoML into every run, the wholly cached ones included."""


def leave_unused_integrations_out() -> None:
    """Keeps ZenML from importing packages that the steps themselves import where they need them."""
    for name in _UNUSED:
        integration_registry.integrations.pop(name, None)
