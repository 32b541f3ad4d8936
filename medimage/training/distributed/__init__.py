"""Training in several processes that take one step together."""
