"""Definitions of stacks: where pipelines run, where their artifacts lie, and what each step needs."""
