"""Recipes, stages, the training loop, augmentation and trackers."""
