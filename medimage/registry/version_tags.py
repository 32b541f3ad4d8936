"""Names of the tags by which a registered version is known."""

from typing import Final

ONNX_SHA256: Final = "onnx_sha256"
"""SHA-256 of the graph."""

PRECISION: Final = "precision"
"""What the graph computes in; versions of before there were others have no such tag."""

FULL_PRECISION_SHA256: Final = "full_precision_onnx_sha256"
"""SHA-256 of the graph in single precision that a graph in fewer bits was made of."""

SEMANTIC_VERSION: Final = "semantic_version"
"""`MAJOR.MINOR.PATCH`."""

GATE_VERDICT: Final = "gate_verdict"
"""Verdict of the medical validation gate."""

COMPARISON: Final = "champion_comparison"
"""Whether the version may only replace the champion that it was compared with: `require`, else `show` or `off`."""

NOT_BETTER: Final = "not_better_than_champion"
"""Why the version is not shown to be better than the champion that it was compared with; no tag where it is."""

RETRAINED_BECAUSE: Final = "retrained_because"
"""Why the champion before was trained again, which gave this version."""

RETRAINING_OUTCOME: Final = "retraining_outcome"
"""Why the version was, or was not, made the champion when it was trained."""
