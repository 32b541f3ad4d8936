"""Metrics with intervals, calibration, the gate, explanations and the report."""
