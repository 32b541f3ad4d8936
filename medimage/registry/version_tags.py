"""Names of the tags by which a registered version is known."""

from typing import Final

ONNX_SHA256: Final = "onnx_sha256"
"""SHA-256 of the graph."""

SEMANTIC_VERSION: Final = "semantic_version"
"""`MAJOR.MINOR.PATCH`."""

GATE_VERDICT: Final = "gate_verdict"
"""Verdict of the medical validation gate."""

COMPARISON: Final = "champion_comparison"
"""Whether the version may only replace the champion that it was compared with: `require`, else `show` or `off`."""
