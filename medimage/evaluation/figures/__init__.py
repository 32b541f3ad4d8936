"""Figures of the report, as SVG: learning curves, confusion matrix, reliability diagram, intervals."""
