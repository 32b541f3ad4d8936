"""Stacks: how they are registered, and what their steps are given of them."""
