"""What an image's own pixels tell of how far an answer on it may be trusted."""
