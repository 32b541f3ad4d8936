"""Batch size and learning rate, found by trying."""
