"""The log of predictions: one row for each, append-only, for audit and for the detection of drift."""
