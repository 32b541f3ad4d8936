"""Append-only logs of one line of JSON for each row, which outlive the process that writes them."""
