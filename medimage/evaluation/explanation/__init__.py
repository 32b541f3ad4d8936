"""Heat maps, and how faithful they are."""
