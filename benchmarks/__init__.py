"""Measured claims: one script per claim, run with `python -m benchmarks run NAME`."""
