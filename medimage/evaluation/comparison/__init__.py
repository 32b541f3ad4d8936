"""Models beside each other on the same test images."""
