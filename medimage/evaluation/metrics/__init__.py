"""Figures of merit of a test set, each with its interval."""
